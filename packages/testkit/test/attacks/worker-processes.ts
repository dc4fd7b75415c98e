/** Starts, stops and kills processes of a service. None outlives its test. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type SignedHead, TEST_AUDIENCE, TEST_SECRET } from '../../src/index.js';
import { exchange, wireRequest } from './http-service.js';

export interface WorkerProcess {
  /** Sends a request without a body; gives the verdict's code, or `admitted`. */
  readonly outcome: (head: SignedHead) => Promise<string>;
  /** Lets the process end by itself. */
  readonly stop: () => Promise<void>;
  /** Kills it as a crash does. */
  readonly kill: () => Promise<void>;
}

export interface WorkerOptions {
  readonly horizonFile?: string;
  readonly limits?: Readonly<Record<string, string>>;
  readonly tolerance?: { readonly pastMs?: number; readonly futureMs?: number };
}

/** Rejects with what the process says when it will not start. */
export async function startWorker(options: WorkerOptions): Promise<WorkerProcess> {
  const file = fileURLToPath(new URL('./worker-process.mjs', import.meta.url));
  const argument = JSON.stringify({ ...options, secret: TEST_SECRET, audience: TEST_AUDIENCE });
  const worker = fork(file, [argument], { execArgv: [] });
  onTestFinished(() => end(worker, () => worker.kill('SIGKILL')));
  const [message] = (await once(worker, 'message')) as [{ port?: number; refused?: string }];
  const { port, refused } = message;
  if (port === undefined) throw new Error(refused);
  return {
    outcome: async (head) => (await exchange(port, wireRequest(head))).body,
    stop: () => end(worker, () => worker.send('stop')),
    kill: () => end(worker, () => worker.kill('SIGKILL')),
  };
}

async function end(worker: ChildProcess, how: () => void): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const ended = once(worker, 'exit');
  how();
  await ended;
}
