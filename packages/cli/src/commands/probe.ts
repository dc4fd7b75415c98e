/** `countersign probe`: attacks an endpoint that you run, with your own key. */
import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { chooseAttacks } from '../attacks/index.js';
import { EXIT, type MakeCommand } from '../command.js';
import { type CredentialOptions, readCredentials, withCredentials } from '../credentials.js';
import { type Plan, type ProbeOptions, readPlan } from '../probe/plan.js';
import { junitReport } from '../probe/report-junit.js';
import { textReport } from '../probe/report-text.js';
import { countRequests, runProbe } from '../probe/run-probe.js';
import { requireSignable } from '../probe/sign.js';
import { readNamedBody } from '../request/body-data.js';
import { collect } from '../request/signing.js';
import { painter } from '../terminal/paint.js';
import { startProgress } from '../terminal/progress.js';
import type { Terminal } from '../terminal/terminal.js';
import { asUsage, UsageError } from '../terminal/usage-error.js';

interface ProbeCommandOptions extends CredentialOptions, ProbeOptions {
  readonly data?: readonly string[];
  readonly dataFile?: string;
}

export const probeCommand: MakeCommand = (terminal, finish) =>
  withCredentials(
    new Command('probe')
      .description('attack an endpoint that you run, with your own key, and say what got through')
      .usage('[options] [method] <url>')
      .argument('<method>', 'default: GET, or POST with -d')
      .argument(
        '[url]',
        'a request that the application answers with 2xx when it is signed; without a scheme: http',
      ),
  )
    .option('--audience <host>', "the name the verifier knows itself by; default: the URL's host")
    .option('--scope <scope>', 'the scope to sign for; default: none, which means that of the route')
    .option('-H <line>', "a header line to send, 'Name: value'; may be repeated", collect)
    .option('-d, --data <text>', 'the body, as curl -d takes it; @file and @- too', collect)
    .option('--data-file <file>', 'the body, byte for byte; - is standard input')
    .option('--header <field>', 'the field that carries the signature; default: authorization')
    .option(
      '--also <url>',
      'another route of the service, which takes no unsigned request; may be repeated',
      collect,
    )
    .option('--limit <rate>', 'the budget of these requests, such as 20/1m: tries to get past it')
    .option(
      '--other-instance <url>',
      'another process of the service: tries to replay there; may be repeated',
      collect,
    )
    .option('--other-scope <scope>', 'a scope that the key is granted and the route is not for')
    .option('--children', 'the route takes scopes below its own')
    .option('--wait <seconds>', 'how long a replay is held back; default: 3')
    .option('--rate <n>', 'requests a second at most; default: 20, none on this machine')
    .option('--only <id>', 'only this attack, or attacks of this group; may be repeated', collect)
    .option('--yes', 'do not ask before sending to another machine')
    .option('--json', 'the report as JSON')
    .option('--junit <file>', 'the report as JUnit XML, besides')
    .addHelpText('after', HELP)
    .action(async (first: string, second: string | undefined, options: ProbeCommandOptions) => {
      const words = second === undefined ? { method: undefined, url: first } : { method: first, url: second };
      const body = await readNamedBody(options, terminal);
      const credentials = readCredentials(options, terminal);
      const plan = await readPlan({ ...words, body }, options, credentials);
      requireSignable(plan);
      const attacks = chooseAttacks(options.only);
      await requireConsent(terminal, plan, countRequests(plan, attacks), options.yes ?? false);
      // Before all the work rather than after it.
      if (options.junit !== undefined) requireWritable(options.junit);
      const progress = startProgress(terminal, 'probe');
      const report = await runProbe(plan, attacks, progress.report).finally(progress.end);
      if (options.junit !== undefined) writeFileSync(options.junit, junitReport(report));
      terminal.write(
        options.json ? `${JSON.stringify(report, undefined, 2)}\n` : textReport(report, painter(terminal)),
      );
      finish(report.summary.gotThrough > 0 ? EXIT.found : EXIT.ok);
    });

const HELP = `
A signed request that nobody tampered with comes first. Where it is not accepted, nothing is attacked.
Requests that get through are executed: probe an instance whose data does not matter.
Ids of attacks are stable. Exit status 1 when anything got through.

Examples:
  $ countersign probe http://localhost:3000/v1/orders/1 --key partner_1 --audience api.example.com
  $ countersign probe POST http://localhost:3000/v1/orders -d '{"sku":"a"}' --scope orders:write --limit 5/10s
  $ countersign probe https://staging.example.com/v1/account --also /v1/admin --yes --junit probe.xml`;

/** Says what will be sent, and asks before it goes to another machine. */
async function requireConsent(
  { writeError, interactive, confirm }: Terminal,
  { endpoint, instances, requestsPerSecond }: Plan,
  requests: number,
  yes: boolean,
): Promise<void> {
  const pace = requestsPerSecond === undefined ? '' : `, ${requestsPerSecond} a second`;
  const remote = [endpoint, ...instances].filter(({ loopback }) => !loopback);
  const hosts = remote.map(({ url, address }) => `${url.host} (${address})`).join(', ');
  writeError(`Up to ${requests} requests${pace}${remote.length > 0 ? ` to ${hosts}` : ''}.\n`);
  if (remote.length === 0 || yes) return;
  if (!interactive) {
    throw new UsageError(`${hosts} is not this machine: give --yes if you run it and may attack it`);
  }
  if (!(await confirm(`Do you run ${hosts}, and may it be attacked?`)))
    throw new UsageError('nothing was sent');
}

/** Leaves everything as it was. */
function requireWritable(file: string): void {
  const isNew = !existsSync(file);
  asUsage('--junit', () => closeSync(openSync(file, 'a')));
  if (isNew) rmSync(file);
}
