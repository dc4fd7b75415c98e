/** The suite in a process: Node, Bun, Deno, workerd. Waits for what it writes, and ends it. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Running {
  /** Waits until the output holds this, and gives all of it. */
  readonly until: (mark: RegExp) => Promise<string>;
  readonly stop: () => Promise<void>;
}

const TIMEOUT_MS = 120_000;

export function start(file: string, args: readonly string[], cwd: string): Running {
  const child: ChildProcess = spawn(file, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  let ended: string | undefined;
  let wake = (): void => {};
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    wake();
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  // It may have ended before its input does.
  child.stdin?.on('error', () => {});
  const exited = new Promise<void>((resolve) => {
    const end = (how: string): void => {
      ended ??= how;
      wake();
      resolve();
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (status, signal) => end(`it ended with ${signal ?? `status ${status}`}`));
  });

  const until = async (mark: RegExp): Promise<string> => {
    const deadlineMs = performance.now() + TIMEOUT_MS;
    while (!mark.test(output)) {
      const leftMs = deadlineMs - performance.now();
      if (ended !== undefined || leftMs <= 0)
        throw new Error(`${ended ?? 'it is too slow'}: ${errors.slice(-2000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return output;
  };
  const stop = async (): Promise<void> => {
    if (ended !== undefined) return;
    child.kill('SIGKILL');
    await exited;
  };
  return { until, stop };
}
