/**
 * The command line as a whole: which commands there are, and how each way of going wrong ends. What a command does is in
 * `commands/`.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT, type ExitStatus, type MakeCommand } from './command.js';
import type { Terminal } from './terminal/terminal.js';
import { UsageError } from './terminal/usage-error.js';
import { visible } from './terminal/visible.js';

/** By name. Only the one that is run is loaded: it starts in a third of the time. */
const COMMANDS: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  keygen: async () => (await import('./commands/keygen.js')).keygenCommand,
  explain: async () => (await import('./commands/explain.js')).explainCommand,
  verify: async () => (await import('./commands/verify.js')).verifyCommand,
  sign: async () => (await import('./commands/sign.js')).signCommand,
  curl: async () => (await import('./commands/curl.js')).curlCommand,
  vectors: async () => (await import('./commands/vectors.js')).vectorsCommand,
  doctor: async () => (await import('./commands/doctor.js')).doctorCommand,
  probe: async () => (await import('./commands/probe.js')).probeCommand,
  console: async () => (await import('./commands/console.js')).consoleCommand,
};

const EXAMPLES = `
Examples:
  $ countersign keygen --id partner_1 --json > partner_1.key.json
  $ countersign sign GET https://api.example.com/v1/orders --key-file partner_1.key.json --explain
  $ countersign curl -v https://api.example.com/v1/orders --key-file partner_1.key.json
  $ countersign explain signed.txt answer.http
  $ countersign probe http://localhost:3000/v1/orders --key-file partner_1.key.json
Each command has its own: countersign sign --help`;

/**
 * Runs a command line.
 *
 * @param words what stands behind the program's name
 */
export async function runProgram(words: readonly string[], terminal: Terminal): Promise<ExitStatus> {
  let status: ExitStatus = EXIT.ok;
  const program = new Command('countersign')
    .description('Sign requests, find out why a signature does not match, and attack your own verifier.')
    .version(version())
    .helpCommand(false)
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', EXAMPLES);
  const [name = ''] = words;
  const run = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  for (const load of run === undefined ? Object.values(COMMANDS) : [run]) {
    const make = await load();
    program.addCommand(make(terminal, (ended) => (status = ended)));
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: terminal.write,
      writeErr: terminal.writeError,
      getOutHasColors: () => terminal.colour,
    });
  }
  try {
    await program.parseAsync([...words], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    // One line, whatever a server or a library has put into it.
    const message = error instanceof Error ? error.message : String(error);
    terminal.writeError(`countersign: ${visible(message.trim())}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.found;
  }
}

function version(): string {
  const { version = '' } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return version;
}
