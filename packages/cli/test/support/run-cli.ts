/** Runs the command as people do: `dist/main.js` as a process of its own, with no environment but the one given. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const LIMIT_MS = 45_000;

export interface CliRun {
  /** `null` when the process was killed, by its time limit too. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output byte for byte. */
  readonly bytes: Buffer;
}

export interface CliOptions {
  /** Beside PATH; nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; without it there is none. */
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** Ends the process, as Ctrl-C does. */
  readonly signal?: AbortSignal;
  /** Kills a process that takes longer. Default 45 s. */
  readonly limitMs?: number;
}

/** Never throws for how the process ended: its status and what it said are the answer. */
export function runCli(
  words: readonly string[],
  { env = {}, input, cwd, signal, limitMs = LIMIT_MS }: CliOptions = {},
): Promise<CliRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...words], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      cwd,
      stdio: 'pipe',
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    const interrupt = () => child.kill('SIGINT');
    signal?.addEventListener('abort', interrupt, { once: true });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      signal?.removeEventListener('abort', interrupt);
      const bytes = Buffer.concat(stdout);
      resolve({ status, stdout: bytes.toString(), stderr: Buffer.concat(stderr).toString(), bytes });
    });
    // A command that does not read its input ends before it was written: no failure of this side.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
