/** Runs a command line in this process, for tests with hundreds of them. What a process adds, `run-cli.ts` shows. */
import { runProgram } from '../../src/program.js';

export interface HereRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runHere(
  words: readonly string[],
  { env = {}, input = '' }: { env?: Readonly<Record<string, string>>; input?: string | Uint8Array } = {},
): Promise<HereRun> {
  let [stdout, stderr] = ['', ''];
  const status = await runProgram(words, {
    write: (text) => {
      stdout += text;
    },
    writeBytes: async (bytes) => {
      stdout += Buffer.from(bytes).toString();
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
  return { status, stdout, stderr };
}
