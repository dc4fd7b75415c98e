/** Serves the console and the playground until they are interrupted. */
import type { Server } from 'node:http';
import { createConsole, ownNames } from '@countersign/console';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { isLoopback } from '../loopback.js';
import type { Terminal } from '../terminal/terminal.js';
import { listenOn, urlHost } from './listen.js';
import { openPlayground } from './playground.js';
import { scenariosOf } from './scenarios.js';

interface Served {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Host names that it answers to, beside `localhost` and IP addresses. */
  readonly names: readonly string[];
}

/**
 * Resolves after Ctrl-C, when everything is closed.
 *
 * @throws UsageError when it cannot listen there
 */
export async function serveConsole(terminal: Terminal, { host, port, names }: Served): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const app = new Hono();
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  const listening = await listenOn(server, host, port);
  const ground = await openPlayground({ onVerdict: (event) => live.onVerdict(event) });
  const live = createConsole({ scenarios: scenariosOf(ground) });
  app.use(ownNames(...names));
  app.route('/', live.app);

  const loopback = isLoopback(host);
  const reach = loopback ? 'on loopback only' : 'WITHOUT A LOGIN, for whoever can reach this address';
  terminal.write(`console     http://${urlHost(host)}:${listening}/  (${reach})\n`);
  terminal.write(
    `playground  http://${ground.authority}/  (an API on loopback; its keys are in memory only)\n`,
  );
  if (!loopback)
    terminal.writeError('It answers to IP addresses and localhost; --name adds a name of this machine.\n');
  terminal.writeError('Ctrl-C ends it.\n');
  await interrupted;
  live.close();
  server.closeAllConnections();
  server.close();
  await ground.close();
}
