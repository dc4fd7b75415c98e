/** Runs a command line in this process, for tests with hundreds of them. What a process adds, `run-cli.ts` shows. */
import { runProgram } from '../../src/program.js';
import type { CliRun } from './run-cli.js';

export interface HereRun extends CliRun {
  readonly status: number;
}

export interface HereOptions {
  /** Nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; without it there is none. */
  readonly input?: string | Uint8Array;
}

export async function runHere(
  words: readonly string[],
  { env = {}, input = '' }: HereOptions = {},
): Promise<HereRun> {
  const stdout: Uint8Array[] = [];
  let stderr = '';
  const status = await runProgram(words, {
    write: (text) => {
      stdout.push(Buffer.from(text));
    },
    writePart: async (part) => {
      stdout.push(Buffer.from(part));
      return true;
    },
    writeError: (text) => {
      stderr += text;
    },
    colour: false,
    errorColour: false,
    interactive: false,
    environment: env,
    readInput: async () => Buffer.from(input),
    confirm: async () => false,
  });
  const bytes = Buffer.concat(stdout);
  return { status, stdout: bytes.toString(), stderr, bytes };
}
