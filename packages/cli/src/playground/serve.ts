/** Serves the console and the playground until they are interrupted. */
import type { Server } from 'node:http';
import { createConsole, ownNames } from '@countersign/console';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { Terminal } from '../terminal/terminal.js';
import { isLoopback, listenOn, urlHost } from './listen.js';
import { openPlayground } from './playground.js';
import { scenariosOf } from './scenarios.js';

/**
 * Resolves after Ctrl-C, when everything is closed.
 *
 * @param port 0: any free one
 * @throws UsageError when it cannot listen there
 */
export async function serveConsole(terminal: Terminal, host: string, port: number): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const app = new Hono();
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  const listening = await listenOn(server, host, port);
  const ground = await openPlayground({ onVerdict: (event) => live.onVerdict(event) });
  const live = createConsole({ scenarios: scenariosOf(ground) });
  app.use(ownNames(host));
  app.route('/', live.app);

  const reach = isLoopback(host) ? 'on loopback only' : 'WITHOUT A LOGIN, for whoever can reach this address';
  terminal.write(`console     http://${urlHost(host)}:${listening}/  (${reach})\n`);
  terminal.write(
    `playground  http://${ground.authority}/  (an API on loopback; its keys are in memory only)\n`,
  );
  terminal.writeError('Ctrl-C ends it.\n');
  await interrupted;
  live.close();
  server.closeAllConnections();
  server.close();
  await ground.close();
}
