/** `countersign doctor`: what the proxies in front of a server change, and what makes up for it. */
import {
  canonicalTarget,
  type FieldLine,
  fieldsSignedWhenPresent,
  requireAuthority,
  signatureFieldName,
} from '@countersign/canonical';
import { Command, InvalidArgumentError } from 'commander';
import { EXIT, type MakeCommand } from '../command.js';
import { examine } from '../doctor/examine.js';
import { doctorText } from '../doctor/report.js';
import { readHeaderLines } from '../request/header-lines.js';
import { requestUrl } from '../request/request-url.js';
import { painter } from '../terminal/paint.js';
import { startProgress } from '../terminal/progress.js';
import { asUsage, UsageError } from '../terminal/usage-error.js';

interface DoctorOptions {
  readonly header: string;
  readonly field: readonly string[];
  readonly insecure?: boolean;
  readonly timeout: number;
  readonly json?: true;
}

const DEFAULT_TIMEOUT_S = 10;
const MAX_TIMEOUT_S = 300;
const FRAMING = ['host', 'connection', 'content-length', 'transfer-encoding'];

export const doctorCommand: MakeCommand = (terminal, finish) =>
  new Command('doctor')
    .description('find out what the proxies in front of a server change, and which option makes up for it')
    .argument('<url>', 'where the echo handler is mounted, as clients address it; without a scheme: http')
    .option('--header <name>', 'the field that carries the signature', 'authorization')
    .option(
      '-H, --field <line>',
      'a field for every request, "Name: value" or @file with a line each; repeatable',
      (line: string, before: string[]) => [...before, line],
      [],
    )
    .option('--insecure', 'https: take any certificate')
    .option('--timeout <seconds>', 'how long to wait for each answer', seconds, DEFAULT_TIMEOUT_S)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Some 25 requests are signed, with a key made for the occasion, and sent to a route that says what
arrived. Mount it while you are debugging, before body parsers and verifiers:
  Express    import { echo } from '@countersign/express';
             app.use('/countersign-echo', echo);
  Hono       import { echo } from '@countersign/hono';
             app.all('/countersign-echo/*', echo);
  node:http  import { echo } from '@countersign/server/adapter';
             createServer(echo)
It verifies nothing, and shows anybody the names of the fields that your proxies add (not their values).
Exit status 1 when something is changed for which no option makes up.

Examples:
  $ countersign doctor https://api.example.com/countersign-echo
  $ countersign doctor https://staging.example.com/echo --insecure --header x-signature --json
  $ countersign doctor https://api.example.com/echo -H @gateway-key.txt`,
    )
    .action(async (text: string, { header, field, insecure = false, timeout, json }: DoctorOptions) => {
      const url = echoUrl(text);
      const name = asUsage('--header', () => signatureFieldName(header));
      const progress = startProgress(terminal, 'doctor');
      const report = await examine({
        url,
        header: name,
        extra: readFields(field, name),
        insecure,
        timeoutMs: timeout * 1000,
        onSent: (count, of) => progress.report(`${count} of ${of} requests`),
      }).finally(progress.end);
      terminal.write(
        json ? `${JSON.stringify(report, undefined, 2)}\n` : doctorText(report, painter(terminal)),
      );
      finish(report.ok ? EXIT.ok : EXIT.found);
    });

function echoUrl(text: string): URL {
  const url = requestUrl(text);
  if (url.search !== '')
    throw new UsageError('the URL has a query: give the path where the echo is mounted, and no more');
  asUsage(text, () => [requireAuthority('host', url.host), canonicalTarget(url.pathname)]);
  return url;
}

function readFields(given: readonly string[], signatureField: string): readonly FieldLine[] {
  const { lines } = readHeaderLines(given);
  for (const [name] of lines) {
    if (name.toLowerCase() === signatureField)
      throw new UsageError(`-H: ${name} carries the signature; name another field by --header`);
    if (isDoctorsOwn(name.toLowerCase())) throw new UsageError(`-H: ${name} is written by the doctor itself`);
  }
  return lines;
}

/** A bearer token for a gateway may stand beside a signature that is elsewhere; the others are part of the examination. */
function isDoctorsOwn(name: string): boolean {
  if (name === 'authorization') return false;
  return (
    FRAMING.includes(name) ||
    fieldsSignedWhenPresent('').includes(name) ||
    name.startsWith('countersign-doctor')
  );
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= MAX_TIMEOUT_S) || text.trim() === '')
    throw new InvalidArgumentError(`expected seconds, above 0 and at most ${MAX_TIMEOUT_S}.`);
  return value;
}
