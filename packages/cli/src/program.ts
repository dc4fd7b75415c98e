/**
 * The command line as a whole: which commands there are, and how each way of going wrong ends. What a command does is in
 * `commands/`.
 */
import { Command, CommanderError } from 'commander';
import { EXIT, type ExitStatus, type MakeCommand } from './command.js';
import { consoleCommand } from './commands/console.js';
import { curlCommand } from './commands/curl.js';
import { doctorCommand } from './commands/doctor.js';
import { explainCommand } from './commands/explain.js';
import { keygenCommand } from './commands/keygen.js';
import { probeCommand } from './commands/probe.js';
import { signCommand } from './commands/sign.js';
import { vectorsCommand } from './commands/vectors.js';
import { verifyCommand } from './commands/verify.js';
import type { Terminal } from './terminal/terminal.js';
import { UsageError } from './terminal/usage-error.js';
import { visible } from './terminal/visible.js';

const COMMANDS: readonly MakeCommand[] = [
  keygenCommand,
  explainCommand,
  verifyCommand,
  signCommand,
  curlCommand,
  vectorsCommand,
  doctorCommand,
  probeCommand,
  consoleCommand,
];

/**
 * Runs a command line.
 *
 * @param words what stands behind the program's name
 */
export async function runProgram(words: readonly string[], terminal: Terminal): Promise<ExitStatus> {
  let status: ExitStatus = EXIT.ok;
  const program = new Command('countersign')
    .description('Sign requests, find out why a signature does not match, and attack your own verifier.')
    .helpCommand(false)
    .showHelpAfterError('(--help says more)');
  for (const make of COMMANDS) program.addCommand(make(terminal, (ended) => (status = ended)));
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
