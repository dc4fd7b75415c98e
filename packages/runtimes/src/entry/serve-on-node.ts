/** The application on `node:http`, by @hono/node-server, which makes a `Request` of what arrives. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { App } from '../suite/app.js';

export interface Served {
  readonly port: number;
  readonly close: () => Promise<void>;
}

export async function serveOnNode(app: App): Promise<Served> {
  const server = createAdaptorServer({
    fetch: (request, node) => {
      const { incoming } = node as HttpBindings;
      return app(request, { address: incoming.socket.remoteAddress, target: incoming.url });
    },
  }) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, close };
}
