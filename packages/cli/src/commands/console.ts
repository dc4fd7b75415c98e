/** `countersign console`: the console on this machine, with a playground beside it whose scenarios are fired by buttons. */
import { Command } from 'commander';
import type { MakeCommand } from '../command.js';
import { isLoopback } from '../loopback.js';
import { collect } from '../request/signing.js';
import type { Terminal } from '../terminal/terminal.js';
import { UsageError } from '../terminal/usage-error.js';

const DEFAULT_PORT = '4780';
const MAX_PORT = 65_535;

interface ConsoleOptions {
  readonly port: string;
  readonly host: string;
  readonly name?: readonly string[];
  readonly yes?: true;
}

export const consoleCommand: MakeCommand = (terminal) =>
  new Command('console')
    .description('watch verdicts and budgets, fire attacks by buttons, take a canonical string apart')
    .option('--port <n>', 'port of the console; 0: any free one', DEFAULT_PORT)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(
      '--name <name>',
      'a host name that it answers to; may be repeated. IP addresses always do',
      collect,
    )
    .option('--yes', 'do not ask before listening where other machines can reach it')
    .addHelpText(
      'after',
      `
The API that is played with listens on a port of its own, on loopback. Its keys are made at the start and are nowhere
but in memory. Ctrl-C ends both.

Examples:
  $ countersign console
  $ countersign console --port 0
  $ countersign console --host 0.0.0.0 --name build-7.lan --yes`,
    )
    .action(async ({ port, host, name = [], yes }: ConsoleOptions) => {
      const wanted = readPort(port);
      if (!isLoopback(host) && yes !== true) await askToBeReached(terminal, host);
      // Only here: no other command has to wait for a server to load.
      const { serveConsole } = await import('../playground/serve.js');
      await serveConsole(terminal, { host, port: wanted, names: [host, ...name] });
    });

/** @throws UsageError unless somebody says yes */
async function askToBeReached({ writeError, confirm }: Terminal, host: string): Promise<void> {
  writeError(
    `Other machines may reach ${host}. The console has no login: they would see all verdicts and could fire all scenarios.\n`,
  );
  if (!(await confirm('Listen there?'))) {
    throw new UsageError(`--host: ${host} is not loopback: say --yes to listen there, or leave --host out`);
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > MAX_PORT) {
    throw new UsageError(`--port: ${JSON.stringify(text)} is no port: give a number from 0 to ${MAX_PORT}`);
  }
  return port;
}
