/** Starts a server under load in a process of its own, which ends with this one. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Protection } from './protection.js';

export type Framework = 'hono' | 'express';

export interface LoadedServer {
  readonly port: number;
  readonly stop: () => void;
}

export async function startServer(framework: Framework, protection: Protection): Promise<LoadedServer> {
  const child = fork(fileURLToPath(new URL('serve.js', import.meta.url)), [framework, protection], {
    execArgv: [],
  });
  const [port] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([status]) => {
      throw new Error(`the server ended with ${status}`);
    }),
  ])) as [number];
  return { port, stop: () => void child.kill() };
}
