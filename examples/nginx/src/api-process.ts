/** A process of the API that the show starts, with what it prints. It does not outlive this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { waitUntil } from '@countersign/testkit/redis';

const START_MS = 30_000;

export interface ApiProcess {
  readonly port: number;
  /** `PUT /v1/orders/1 admitted 127.0.0.1`, a line for each verdict. */
  readonly verdicts: () => readonly string[];
  /** SIGSTOP and SIGCONT. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Ends it politely; gives how many connections it was asked over. */
  readonly stop: () => Promise<number>;
}

export async function startApi(secret: string, redisUrl: string): Promise<ApiProcess> {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'server.js')], {
    env: {
      ...process.env,
      COUNTERSIGN_SECRET: secret,
      REDIS_URL: redisUrl,
      COUNTERSIGN_ECHO: 'yes',
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let [printed, complained] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    complained += chunk;
  });
  const ended = once(child, 'exit');
  const port = await waitUntil('the API', START_MS, () => {
    if (child.exitCode !== null) return 'ended';
    return /^listening on (\d+)$/m.exec(printed)?.[1];
  });
  if (port === 'ended') throw new Error(`the API did not start:\n${complained}`);
  return {
    port: Number(port),
    verdicts: () => printed.split('\n').filter((line) => /^[A-Z]+ \//.test(line)),
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return 0;
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      await ended;
      return Number(/^(\d+) connections$/m.exec(printed)?.[1]);
    },
  };
}
