/** Servers on a loopback port of their own, closed after each test. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express5 from 'express';
import express4 from 'express4';
import { afterEach } from 'vitest';

/** Both majors of Express, by name. */
export const EXPRESS: readonly (readonly [name: string, express: typeof express5])[] = [
  ['Express 4', express4],
  ['Express 5', express5],
];

const running: Server[] = [];

/** Serves until the end of the test. Resolves the port. */
export async function serve(listener: RequestListener, prepare?: (server: Server) => void): Promise<number> {
  const server = createServer(listener);
  prepare?.(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push(server);
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
