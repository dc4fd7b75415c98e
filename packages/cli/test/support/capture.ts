/** A socket that keeps what it is sent, byte for byte: how recordings of real requests are made. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

export interface Capture {
  readonly port: number;
  /** What came so far, over all connections. */
  readonly bytes: () => Buffer;
  readonly close: () => Promise<void>;
}

/** Answers 204 to whatever ends a head, and closes the connection when a body of that length has come. */
export async function capture(): Promise<Capture> {
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const text = Buffer.concat(chunks).toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const body = text.slice(end + 4);
      const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
      const chunked = /^transfer-encoding: *chunked/im.test(text);
      if (chunked ? body.endsWith('0\r\n\r\n') : body.length >= length) {
        socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => Buffer.concat(chunks),
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
