import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  connect as http2Connect,
} from 'node:http2';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';
import { announcedBodyBytes, isUnread, nodeBody } from '@countersign/server/adapter';
import { afterEach, describe, expect, it } from 'vitest';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Sends what a server of HTTP/1 gets in one piece, and gives its request. */
async function received(wire: string): Promise<IncomingMessage> {
  const server = createServer();
  closers.push(() => server.close());
  const port = await listen(server);
  const socket = connect(port, '127.0.0.1', () => socket.write(wire));
  closers.push(() => socket.destroy());
  const [incoming] = (await once(server, 'request')) as [IncomingMessage];
  return incoming;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function read(incoming: IncomingMessage, putBack: boolean): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of nodeBody(incoming, { putBack })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** As a body parser that begins after an asynchronous middleware. */
async function readLater(incoming: IncomingMessage): Promise<string> {
  await pass(20);
  let text = '';
  incoming.on('data', (chunk) => {
    text += String(chunk);
  });
  await once(incoming, 'end', { signal: AbortSignal.timeout(1000) });
  return text;
}

describe('a body that is put back', () => {
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

  it.each([
    ['0\r\n\r\n', ''],
    ['2\r\nab\r\n0\r\n\r\n', 'ab'],
  ])('%j has its end for a reader that comes later', async (chunks, text) => {
    const incoming = await received(head + chunks);
    expect(announcedBodyBytes(incoming)).toBeNaN();
    await Promise.resolve();
    expect(await read(incoming, true)).toBe(text);
    expect(isUnread(incoming)).toBe(true);
    expect(await readLater(incoming)).toBe(text);
  });
});

describe('a body that came with its head', () => {
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n';

  it.each([true, false])(
    'is there as a whole after one turn, before Node says so; put back: %s',
    async (putBack) => {
      const server = createServer();
      closers.push(() => server.close());
      const port = await listen(server);
      const whole = new Promise<unknown[]>((resolve) => {
        server.on('request', async (incoming) => {
          const source = nodeBody(incoming, { putBack });
          const atOnce = source.whole?.();
          await undefined;
          const { complete } = incoming;
          const later = await source.whole?.();
          const seen = putBack ? await readLater(incoming) : incoming.readableEnded;
          resolve([atOnce, complete, String(later), seen]);
        });
      });
      const socket = connect(port, '127.0.0.1', () => socket.write(`${head}ab`));
      closers.push(() => socket.destroy());
      expect(await whole).toEqual([undefined, false, 'ab', putBack ? 'ab' : true]);
    },
  );

  it.each([
    ['ends its connection', (socket: Socket) => socket.end()],
    ['resets its connection', (socket: Socket) => socket.resetAndDestroy()],
  ])('is taken where its client %s before it is read: no end would come', async (_, leave) => {
    const server = createServer();
    closers.push(() => server.close());
    const port = await listen(server);
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head}ab`));
    closers.push(() => socket.destroy());
    const [incoming] = (await once(server, 'request')) as [IncomingMessage];
    const left = once(incoming, 'aborted');
    leave(socket);
    await left;
    await pass(20);
    expect([incoming.closed, incoming.readableEnded]).toEqual([true, false]);
    expect(String(await nodeBody(incoming, { putBack: false }).whole?.())).toBe('ab');
  });

  it('is taken where the request is destroyed before its end', async () => {
    const server = createServer();
    closers.push(() => server.close());
    const port = await listen(server);
    const whole = new Promise<unknown[]>((resolve) => {
      server.on('request', async (incoming) => {
        await undefined;
        const body = nodeBody(incoming, { putBack: false }).whole?.();
        incoming.destroy();
        resolve([String(await body), incoming.readableEnded]);
      });
    });
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head}ab`));
    socket.on('error', () => {});
    closers.push(() => socket.destroy());
    expect(await whole).toEqual(['ab', false]);
  });

  it.each([
    ['of which a byte is missing', `${head}a`],
    [
      'whose length is not announced',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n',
    ],
  ])('is no whole: one %s', async (_, wire) => {
    const incoming = await received(wire);
    await pass(20);
    expect(incoming.readableLength).toBeGreaterThan(0);
    expect(nodeBody(incoming, { putBack: true }).whole?.()).toBeUndefined();
    expect(isUnread(incoming)).toBe(true);
  });

  it('is waited for while the stream is paused: only then it can go on for the next reader', async () => {
    const incoming = await received(`${head}ab`);
    incoming.pause();
    await pass(20);
    expect(nodeBody(incoming, { putBack: true }).whole?.()).toBeUndefined();
    expect(await read(incoming, true)).toBe('ab');
    expect(await readLater(incoming)).toBe('ab');
  });
});

describe('a request of HTTP/2', () => {
  async function receivedHttp2(body: string | undefined, fields: object = {}): Promise<IncomingMessage> {
    const server = createHttp2Server();
    closers.push(() => server.close());
    const client = http2Connect(`http://127.0.0.1:${await listen(server)}`);
    closers.push(() => client.destroy());
    const stream = client.request({ ':method': 'POST', ...fields }, { endStream: body === undefined });
    stream.on('error', () => {});
    if (body !== undefined) stream.end(body);
    const [request] = (await once(server, 'request')) as [Http2ServerRequest];
    return request as Http2ServerRequest & IncomingMessage;
  }

  it('announces a body by its frames: no field has to, and a verifier that missed it would let it through unread', async () => {
    const incoming = await receivedHttp2('unannounced');
    expect(announcedBodyBytes(incoming)).toBeNaN();
    expect(await read(incoming, true)).toBe('unannounced');
    expect(isUnread(incoming)).toBe(true);
    expect(await readLater(incoming)).toBe('unannounced');
  });

  it('announces none when its head is its end', async () => {
    expect(announcedBodyBytes(await receivedHttp2(undefined))).toBe(0);
  });

  it.each([true, false])('is read to its end, put back: %s', async (putBack) => {
    expect(await read(await receivedHttp2('x'.repeat(100_000)), putBack)).toHaveLength(100_000);
    expect(await read(await receivedHttp2(''), putBack)).toBe('');
  });

  it('that is cut short throws', async () => {
    const incoming = await receivedHttp2('xx', { 'content-length': '5' });
    await expect(read(incoming, true)).rejects.toThrow('went away');
  });
});
