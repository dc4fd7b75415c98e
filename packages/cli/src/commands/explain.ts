/** `countersign explain`: why a signature does not match, from what both sides have. */
import { Command } from 'commander';
import { EXIT, type MakeCommand } from '../command.js';
import { conclude } from '../explain/conclusion.js';
import { clientEvidence, type RequestReading, serverEvidence } from '../explain/evidence.js';
import { formatConclusion } from '../explain/report.js';
import { readSource } from '../request/body-data.js';
import { painter } from '../terminal/paint.js';
import { UsageError } from '../terminal/usage-error.js';

interface ExplainOptions extends RequestReading {
  readonly json?: true;
}

const EXAMPLES = `
Either may be "-" for standard input. The client's side is the canonical string that was signed, or the recorded request
(as sent, or what curl -v printed). The server's is its canonical string, the problem document it answered (with the
member debug: the verifier and the signer need debug: true), the whole answer, or the request as it arrived. Strings may
have CR LF, quotes, \\n as two characters, line numbers; JSON with a member canonical (sign --json, verify --json) will do.

Exit status: 0 when the strings are equal, 1 when they differ or the server refused for another reason, 2 for input that
cannot be read.

Examples:
  $ countersign explain signed.txt seen-by-server.txt
  $ countersign explain request.http answer.json
  $ countersign sign GET https://api.example.com/v1 --json | countersign explain - arrived.http --audience api.example.com`;

export const explainCommand: MakeCommand = (terminal, finish) =>
  new Command('explain')
    .description('say which line of two canonical strings differs, why, and what to do')
    .argument('<client>', 'what the client signed: a canonical string or a recorded request')
    .argument('<server>', 'what the server saw: a canonical string, its answer, or the request as it arrived')
    .option('--audience <authority>', 'whom recorded requests address; default: their Host or target')
    .option('--header <field>', 'the field that carries the signature; default: authorization')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (client: string, server: string, options: ExplainOptions) => {
      if (client === '-' && server === '-') throw new UsageError('only one of the two can be standard input');
      const [ours, theirs] = [named(client), named(server)];
      const signed = await clientEvidence(ours, await readSource(ours, client, terminal), options);
      const seen = await serverEvidence(theirs, await readSource(theirs, server, terminal), options);
      const conclusion = conclude(signed, seen);
      terminal.write(
        options.json
          ? `${JSON.stringify({ client: signed.takenFor, server: seen.takenFor, ...conclusion }, undefined, 2)}\n`
          : formatConclusion(
              { name: ours, evidence: signed },
              { name: theirs, evidence: seen },
              conclusion,
              painter(terminal),
            ),
      );
      finish(conclusion.kind === 'equal' ? EXIT.ok : EXIT.found);
    });

function named(source: string): string {
  return source === '-' ? 'standard input' : source;
}
