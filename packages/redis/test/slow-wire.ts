/** A TCP proxy before a server: passes on, holds back, or swallows what the server answers, and counts nothing. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface SlowWire {
  readonly port: number;
  /** From now on: how long answers take, in milliseconds; Infinity swallows them. */
  answersTakeMs: number;
  /** From now on: how long requests take. */
  requestsTakeMs: number;
  /** Ends the connections that there are: after something was swallowed they are of no use. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

export async function slowWire(toPort: number): Promise<SlowWire> {
  const sockets = new Set<Socket>();
  const wire = { answersTakeMs: 0, requestsTakeMs: 0 };
  /** In order, each piece no sooner than its delay after it came. */
  const pass = (from: Socket, to: Socket, delay: () => number): void => {
    let last = Promise.resolve();
    from.on('data', (piece: Buffer) => {
      const dueMs = performance.now() + delay();
      if (dueMs === Number.POSITIVE_INFINITY) return;
      last = last.then(async () => {
        const waitMs = dueMs - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        if (!to.destroyed) to.write(piece);
      });
    });
    from.on('close', () => to.destroy());
    from.on('error', () => to.destroy());
  };
  const server = createServer((client) => {
    const upstream = connect(toPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    pass(client, upstream, () => wire.requestsTakeMs);
    pass(upstream, client, () => wire.answersTakeMs);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(wire, {
    port: address.port,
    cut,
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  });
}
