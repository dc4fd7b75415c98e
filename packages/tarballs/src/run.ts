/** Runs a command to its end and gives what it printed. It judges nothing but the status. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * @throws Error with the command and what it printed, when it ends with another status than 0, or not within `timeoutMs`
 */
export async function run(
  file: string,
  args: readonly string[],
  { cwd, env = {}, timeoutMs = 120_000 }: { cwd: string; env?: Record<string, string>; timeoutMs?: number },
): Promise<Printed> {
  try {
    return await execute(file, args, {
      cwd,
      env: { ...process.env, ...env },
      timeout: timeoutMs,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const { stdout, stderr } = error as Partial<Printed>;
    throw new Error(`${[file, ...args].join(' ')}\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}
