import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Agent, Client, type Dispatcher, interceptors, FormData as UndiciFormData } from 'undici';
import { describe, expect, test } from 'vitest';
import { createSigner } from '../src/index.js';
import { countersign } from '../src/undici/index.js';
import { KEY } from './fake-server.js';
import { closers, compose, send, start } from './undici-setup.js';

describe('sends what it signs', () => {
  const view = new Uint16Array([0x6161, 0x6262]);
  test.each([
    ['no body', { method: 'GET' }, ''],
    ['text', { body: 'abc' }, 'abc'],
    ['empty text', { body: '' }, ''],
    ['a Buffer', { body: Buffer.from('abc') }, 'abc'],
    ['another view', { body: view.subarray(1) as unknown as Uint8Array }, 'bb'],
    ['an ArrayBuffer', { body: new TextEncoder().encode('abc').buffer as unknown as Uint8Array }, 'abc'],
    ['a Readable, read into memory', { body: Readable.from(['a', Buffer.from('bc')]) }, 'abc'],
    ['an array of chunks', { body: ['a', 'bc'] as unknown as Readable }, 'abc'],
    ['a web stream', { body: new Blob(['abc']).stream() as unknown as Readable }, 'abc'],
  ])('%s', async (_, options, expected) => {
    const server = await start();
    const { text } = await send(compose().dispatcher, server, {
      method: 'POST',
      path: '/a?b=1&a=%7e',
      ...options,
    });
    expect(text).toBe(`executed ${expected}`);
    expect(server.received[0]?.signed).toMatchObject({ path: '/a', query: 'a=~&b=1' });
    expect(server.received[0]?.headers).not.toHaveProperty('transfer-encoding');
  });

  test.each([
    ['the global FormData', new FormData()],
    ['undici’s FormData', new UndiciFormData() as unknown as FormData],
  ])('%s, with the boundary that is signed', async (_, form) => {
    form.append('a', '1');
    form.append('file', new Blob(['content']), 'a.txt');
    const server = await start();
    await send(compose().dispatcher, server, { method: 'POST', body: form as unknown as Buffer });
    const [received] = server.received;
    const [[name, value] = []] = received?.signed?.headers ?? [];
    expect(name).toBe('content-type');
    expect(received?.body).toContain(/boundary=(.+)$/.exec(value ?? '')?.[1]);
    expect(received?.body).toMatch(/filename="a.txt"[\s\S]*content/);
  });

  test('a Blob, with its type unless the request has one', async () => {
    const server = await start();
    const body = new Blob(['x'], { type: 'text/csv' }) as unknown as Buffer;
    await send(compose().dispatcher, server, { method: 'POST', body });
    await send(compose().dispatcher, server, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'text/plain' },
    });
    const types = server.received.map(({ signed }) => signed?.headers);
    expect(types).toEqual([[['content-type', 'text/csv']], [['content-type', 'text/plain']]]);
  });

  test('fields in every form that undici takes', async () => {
    const server = await start();
    const forms = [
      { 'Content-Type': 'a/b', 'x-list': ['1', '2'], absent: undefined },
      ['Content-Type', 'a/b', 'x-list', '1', 'x-list', '2'],
      new Map<string, string | string[]>([
        ['Content-Type', 'a/b'],
        ['x-list', ['1', '2']],
      ]),
      [
        ['Content-Type', 'a/b'],
        ['x-list', '1'],
        ['x-list', '2'],
      ],
    ] as Dispatcher.DispatchOptions['headers'][];
    for (const headers of forms)
      await send(compose().dispatcher, server, { method: 'POST', body: 'x', headers: headers ?? null });
    for (const { signed, headers } of server.received) {
      expect(signed?.headers).toEqual([['content-type', 'a/b']]);
      expect(headers['x-list']).toBe('1, 2');
      expect(headers).not.toHaveProperty('absent');
    }
    expect(server.received).toHaveLength(4);
  });

  test('the query option, as undici writes it', async () => {
    const server = await start();
    const query = { b: 'x y', a: ['1', '2'] };
    await send(compose().dispatcher, server, { path: '/p', query });
    expect(server.received[0]).toMatchObject({ target: '/p?b=x%20y&a=1&a=2' });
    expect(server.received[0]?.signed?.query).toBe('a=1&a=2&b=x%20y');
    await expect(send(compose().dispatcher, server, { path: '/p?c=1', query })).rejects.toThrow(/^query: /);
  });

  test('the scope of the request, or of the signer', async () => {
    const server = await start();
    const { dispatcher } = compose({}, createSigner({ ...KEY, scope: 'a' }));
    await send(dispatcher, server);
    await send(dispatcher, server, { scope: 'b' });
    expect(server.received.map(({ signed }) => signed?.scope)).toEqual(['a', 'b']);
  });

  test('through a Client, where the request names no origin and the signer the audience', async () => {
    const server = await start();
    const client = new Client(server.origin);
    closers.push(() => client.destroy());
    const named = client.compose(
      countersign(createSigner({ ...KEY, audience: new URL(server.origin).host })),
    );
    expect((await named.request({ path: '/', method: 'GET' })).statusCode).toBe(200);
    expect(server.received[0]?.signed).toBeDefined();
    const unnamed = client.compose(countersign(createSigner(KEY)));
    await expect(unnamed.request({ path: '/', method: 'GET' })).rejects.toThrow(/^audience: /);
  });

  test('only to the origins it is given', async () => {
    const [ours, theirs] = [await start(), await start()];
    const { dispatcher } = compose({ origins: [ours.origin] });
    expect((await send(dispatcher, ours)).text).toBe('executed ');
    expect((await send(dispatcher, theirs)).text).toBe('unsigned');
    expect(theirs.received[0]?.headers).not.toHaveProperty('authorization');
  });

  test('redirects to another origin are not signed, where undici follows them', async () => {
    const theirs = await start();
    const ours = await start(() => ({ status: 302, headers: { location: theirs.origin } }));
    const signer = createSigner({ ...KEY, audience: 'api.example.com' });
    const agent = new Agent();
    closers.push(() => agent.destroy());
    const dispatcher = agent.compose(
      countersign(signer, { origins: [ours.origin] }),
      interceptors.redirect({ maxRedirections: 3 }),
    );
    expect((await send(dispatcher, ours)).text).toBe('unsigned');
    expect(ours.received[0]?.headers).toHaveProperty('authorization');
    expect(theirs.received[0]?.headers).not.toHaveProperty('authorization');
  });

  test('an upgrade is signed; CONNECT is not', async () => {
    const seen: string[] = [];
    const server = createServer();
    for (const event of ['upgrade', 'connect']) {
      server.on(event, (message, socket) => {
        seen.push(`${event} ${/^CS1/.test(message.headers.authorization ?? '')}`);
        const status =
          event === 'upgrade' ? '101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x' : '200 OK';
        socket.write(`HTTP/1.1 ${status}\r\n\r\n`);
        socket.end();
      });
    }
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new Client(origin);
    closers.push(() => client.destroy());
    const dispatcher = client.compose(countersign(createSigner({ ...KEY, audience: 'a.example' })));
    (await dispatcher.upgrade({ path: '/', protocol: 'x' })).socket.destroy();
    (await dispatcher.connect({ origin, path: 'a.example:443' })).socket.destroy();
    expect(seen).toEqual(['upgrade true', 'connect false']);
  });
});
