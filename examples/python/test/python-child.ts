/** The Python implementation as a child process that answers one JSON line for each. It lives as long as the test file. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface PythonChild {
  /** Rejects with what Python raised. */
  readonly ask: <Answer>(question: Readonly<Record<string, unknown>>) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

export const EXAMPLE: string = fileURLToPath(new URL('..', import.meta.url));

export function pythonChild(): PythonChild {
  const child = spawn('python3', ['-B', 'test/child.py'], {
    cwd: EXAMPLE,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  const ended = new Promise<void>((resolve) => {
    child.on('close', (status) => {
      for (const { reject } of waiting.splice(0)) reject(new Error(`python3 ended with status ${status}`));
      resolve();
    });
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { answer, raised } = JSON.parse(line) as { answer?: unknown; raised?: string };
    if (raised === undefined) waiting.shift()?.resolve(answer);
    else waiting.shift()?.reject(new Error(raised));
  });
  return {
    ask: <Answer>(question: Readonly<Record<string, unknown>>) =>
      new Promise<Answer>((resolve, reject) => {
        waiting.push({ resolve: (answer) => resolve(answer as Answer), reject });
        child.stdin.write(`${JSON.stringify(question)}\n`);
      }),
    close: () => {
      child.stdin.end();
      return ended;
    },
  };
}
