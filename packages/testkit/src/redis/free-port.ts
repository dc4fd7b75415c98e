/**
 * A free TCP port on 127.0.0.1, below the ports that systems give to outgoing connections: while a server is down, a
 * client that goes on trying to connect must neither get its port nor connect to itself.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 20_000;
const LAST = 32_000;

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return port;
    } catch {
      // Taken: another one.
    } finally {
      server.close();
    }
  }
}
