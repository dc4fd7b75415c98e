/** `countersign console` as a process of its own, and what a page would do with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const STARTS_WITHIN_MS = 20_000;

export interface ConsoleProcess {
  /** Ends in a slash. */
  readonly address: string;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Ctrl-C; the status it ended with. */
  readonly interrupt: () => Promise<number | null>;
  readonly kill: () => void;
}

export interface Outcome {
  readonly ok: boolean;
  readonly outcome: string;
}

export async function startConsole(words: readonly string[] = ['--port', '0']): Promise<ConsoleProcess> {
  const child: ChildProcess = spawn(process.execPath, [MAIN, 'console', ...words], {
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const closed = once(child, 'close');
  const ended = closed.then(([status]) => {
    throw new Error(`it ended with ${status}: ${stdout}${stderr}`);
  });
  ended.catch(() => {});
  const address = await Promise.race([
    ended,
    new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no address: ${stdout}${stderr}`)), STARTS_WITHIN_MS);
      child.stdout?.on('data', () => {
        const [, found] = /^console +(\S+).*\nplayground .*\n/.exec(stdout) ?? [];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      });
    }),
  ]);
  return {
    address,
    stdout: () => stdout,
    stderr: () => stderr,
    interrupt: async () => {
      child.kill('SIGINT');
      const [status] = await closed;
      return status;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Presses a button, as the page does. */
export async function press(address: string, id: string): Promise<Outcome> {
  const { origin } = new URL(address);
  const response = await fetch(`${address}scenarios/${id}`, { method: 'POST', headers: { origin } });
  return (await response.json()) as Outcome;
}

/** Reads the stream of events until a text has come by. */
export async function readEvents(address: string, until: string): Promise<string> {
  const leaving = new AbortController();
  const response = await fetch(`${address}events`, { signal: leaving.signal });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes(until)) break;
  }
  leaving.abort();
  return text;
}
