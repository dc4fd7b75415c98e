/** `countersign verify`: a recorded request against a secret, offline, step by step. */
import { ANY_HOST } from '@countersign/server';
import { Command } from 'commander';
import { EXIT, type MakeCommand } from '../command.js';
import { type CredentialOptions, readCredentials, withCredentials } from '../credentials.js';
import { openRecording } from '../recording/open-recording.js';
import { readSource } from '../request/body-data.js';
import { collect } from '../request/signing.js';
import { painter } from '../terminal/paint.js';
import { UsageError } from '../terminal/usage-error.js';
import { judge } from '../verify/judge.js';
import type { Judgement } from '../verify/judgement.js';
import { formatJudgement } from '../verify/report.js';
import type { StepName } from '../verify/steps.js';

interface VerifyOptions extends CredentialOptions {
  readonly audience?: readonly string[];
  readonly scope?: string;
  readonly children?: true;
  readonly scopes?: string;
  readonly at?: string;
  readonly header?: string;
  readonly requireSigned?: readonly string[];
  readonly maxBodyBytes?: string;
  readonly prefix?: string;
  readonly bodyFile?: string;
  readonly explain?: true;
  readonly json?: true;
}

const EXAMPLES = `
The recording is the request as it went over the wire: request line, header lines, an empty line, the body, with CR LF or
LF between the lines, chunked or not; Node's own HTTP parser reads it. The output of curl -v will do, too: it has no body,
which --body-file adds. Nothing is sent. Whether the request was admitted before, and what its budgets have left, only
the server's store knows.

Exit status: 0 when every step that can be judged here is passed, 1 when one refuses the request, 2 for input that cannot
be read.

Examples:
  $ countersign verify request.http --key-file partner_1.key.json
  $ countersign verify request.http --audience api.example.com --scope orders:write --explain
  $ curl -v … 2>&1 >/dev/null | countersign verify - --at now`;

export const verifyCommand: MakeCommand = (terminal, finish) =>
  withCredentials(
    new Command('verify')
      .description('verify a recorded request offline, step by step')
      .argument('<file>', 'the recorded request; - is standard input')
      .option('--audience <authority>', "the verifier's audience; repeated: a list; default: any", collect)
      .option('--scope <scope>', 'the scope of the route; default: whatever was signed')
      .option('--children', 'the route lets clients sign for a child of its scope')
      .option('--scopes <scopes>', 'what the key is granted, joined by commas; default: everything')
      .option('--at <time>', 'when freshness is judged: now, ISO 8601 or milliseconds; default: when signed')
      .option('--header <field>', 'the field that carries the signature; default: authorization')
      .option(
        '--require-signed <field>',
        'a field that may not be present unsigned; may be repeated',
        collect,
      )
      .option('--max-body-bytes <bytes>', "the verifier's limit; default: 1048576")
      .option('--prefix <path>', 'what an edge has stripped from the path, such as /v1')
      .option('--body-file <file>', 'the body, in place of what the recording holds')
      .option('--explain', 'list the canonical string that the server computes')
      .option('--json', 'as JSON'),
  )
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: VerifyOptions) => {
      const { audience, header, requireSigned, maxBodyBytes, prefix, bodyFile, scope, scopes, at } = options;
      const credentials = readCredentials(options, terminal);
      const atMs = at === undefined ? undefined : readTime(at);
      const limit = maxBodyBytes === undefined ? undefined : readBytes(maxBodyBytes);
      if (file === '-' && bodyFile === '-') throw new UsageError('only one of the two can be standard input');
      const place = file === '-' ? 'standard input' : file;
      const given = await readSource(place, file, terminal);
      const body = bodyFile === undefined ? undefined : await readSource('--body-file', bodyFile, terminal);
      const recording = await openRecording(place, given);
      const [only, ...others] = audience ?? [];
      const judgement = await judge(recording, body, {
        credentials,
        audience: only === undefined ? ANY_HOST : others.length === 0 ? only : [only, ...others],
        scopes: scopes === undefined ? ['*'] : scopes.split(','),
        children: options.children ?? false,
        ...(header === undefined ? {} : { header }),
        ...(requireSigned === undefined ? {} : { requireSigned }),
        ...(limit === undefined ? {} : { maxBodyBytes: limit }),
        ...(scope === undefined ? {} : { scope }),
        ...(prefix === undefined ? {} : { prefix }),
        ...(atMs === undefined ? {} : { atMs }),
      });
      const notes = [...recording.notes, ...assumptions(options, judgement)];
      terminal.write(
        options.json
          ? `${JSON.stringify({ file: place, ...judgement, notes }, undefined, 2)}\n`
          : formatJudgement(judgement, notes, options.explain ?? false, painter(terminal)),
      );
      finish(judgement.verified ? EXIT.ok : EXIT.found);
    });

/** What was taken for granted in a step that was passed, because nobody said otherwise. */
function assumptions({ audience, at, scope, scopes }: VerifyOptions, { steps }: Judgement): string[] {
  const passed = (name: StepName): boolean =>
    steps.some((step) => step.name === name && step.outcome === 'passed');
  const of = (name: StepName, given: unknown, note: string): string[] =>
    given === undefined && passed(name) ? [note] : [];
  return [
    ...of('parse', audience, 'any audience was accepted; --audience names the one of the server'),
    ...of('freshness', at, 'freshness was judged at the moment of signing; --at now judges it now'),
    ...of('scope', scope, 'the signed scope was taken as it is; --scope names that of the route'),
    ...of('scope', scopes, 'the key was taken to be granted everything; --scopes says what it is'),
  ];
}

function readTime(text: string): number {
  const ms = text === 'now' ? Date.now() : /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(ms)) return ms;
  throw new UsageError(
    `--at: expected now, a time such as 2026-01-31T12:00:00Z or Unix time in milliseconds, got ${JSON.stringify(text)}`,
  );
}

function readBytes(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`--max-body-bytes: expected a whole number of bytes, got ${JSON.stringify(text)}`);
}
