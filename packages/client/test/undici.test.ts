import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Agent, Client, type Dispatcher, interceptors, MockAgent, FormData as UndiciFormData } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import {
  AlreadyAdmittedError,
  createSigner,
  OutcomeUnknownError,
  RateLimitedError,
  type Signer,
} from '../src/index.js';
import { countersign, type InterceptorOptions, type SignedDispatchOptions } from '../src/undici/index.js';
import { type FakeServer, fakeServer, KEY, type Reaction, type Received } from './fake-server.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});
async function start(
  react?: (request: Received, index: number) => Reaction | undefined,
): Promise<FakeServer> {
  const server = await fakeServer(react);
  closers.push(() => server.close());
  return server;
}
/** One connection only, so that an answer that is not let go of would stop everything. */
function compose(options: InterceptorOptions = {}, signer: Signer = createSigner(KEY)) {
  const waits: number[] = [];
  const sleep = async (waitMs: number): Promise<void> => void waits.push(Math.round(waitMs));
  const agent = new Agent({ connections: 1 });
  closers.push(() => agent.destroy());
  return { dispatcher: agent.compose(countersign(signer, { random: () => 0, sleep, ...options })), waits };
}
type Options = Partial<Dispatcher.RequestOptions> & SignedDispatchOptions;
async function send(dispatcher: Dispatcher, server: { origin: string }, options: Options = {}) {
  const request = {
    origin: server.origin,
    path: '/',
    method: 'GET',
    ...options,
  } as Dispatcher.RequestOptions;
  const { statusCode, headers, body } = await dispatcher.request(request);
  return { statusCode, headers, text: await body.text() };
}
/** A server whose answers with this status have a body without end, as fast as it is read; other answers are short. */
async function startPump(status: number, endless: () => boolean = () => true) {
  const chunk = Buffer.alloc(65_536);
  let closed: () => void = () => {};
  const pump = {
    origin: '',
    bytes: 0,
    closed: new Promise<void>((resolve) => {
      closed = resolve;
    }),
  };
  const server = createServer((_, response) => {
    if (!endless()) return void response.end('short');
    response.writeHead(status);
    const more = (): void => {
      do pump.bytes += chunk.length;
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more).on('close', closed);
    more();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  pump.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return pump;
}
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

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
    await expect(unnamed.request({ path: '/', method: 'GET' })).rejects.toThrow(/^url: /);
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

describe('L14 one call, one signature', () => {
  test('a connection that breaks after execution: the same signature, then AlreadyAdmittedError', async () => {
    const server = await start((request, index) => {
      if (index > 0) return undefined;
      server.executed.push(request.signed?.nonce ?? '');
      return 'drop';
    });
    const call = send(compose().dispatcher, server, { method: 'POST', body: 'x' });
    await expect(call).rejects.toBeInstanceOf(AlreadyAdmittedError);
    expect(server.executed).toHaveLength(1);
  });

  test('rate-limited: the same signature after the wait, over the one connection', async () => {
    const server = await start((request, index) =>
      index < 3
        ? {
            status: 429,
            headers: request.verdict('rate-limited', { retryAfterMs: 321 }),
            body: 'x'.repeat(50_000 * (index + 1)),
          }
        : undefined,
    );
    const { dispatcher, waits } = compose();
    expect((await send(dispatcher, server, { method: 'POST', body: 'x' })).text).toBe('executed x');
    expect(waits).toEqual([321, 321, 321]);
    expect(new Set(server.received.map(({ headers }) => headers.authorization)).size).toBe(1);
  });

  test('rate-limited for ever: RateLimitedError', async () => {
    const server = await start((request) => ({ status: 429, headers: request.verdict('rate-limited') }));
    await expect(send(compose().dispatcher, server)).rejects.toBeInstanceOf(RateLimitedError);
  });

  test('a gateway’s 503 is sent again for GET; the last is returned, and kept in the error of a broken end', async () => {
    const server = await start(() => ({ status: 503, headers: { 'x-a': '1' }, body: 'busy' }));
    expect(await send(compose().dispatcher, server)).toMatchObject({ statusCode: 503, text: 'busy' });
    expect(server.received).toHaveLength(4);
    const broken = await start((_, index) =>
      index === 0 ? { status: 503, headers: { 'x-a': '1' }, body: 'busy' } : 'drop',
    );
    const error = await send(compose().dispatcher, broken).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    const { lastResponse, cause } = error as OutcomeUnknownError;
    expect(cause).toMatchObject({ code: 'UND_ERR_SOCKET' });
    expect([lastResponse?.status, lastResponse?.headers.get('x-a'), await lastResponse?.text()]).toEqual([
      503,
      '1',
      'busy',
    ]);
  });

  test('a gateway whose answer never ends does not hold the call up', async () => {
    const server = await start((request, index) =>
      index === 0
        ? { status: 503, headers: request.verdict('store-unavailable'), body: 'beginning', endless: true }
        : index === 1
          ? { status: 503, body: 'beginning', endless: true }
          : undefined,
    );
    expect((await send(compose().dispatcher, server)).statusCode).toBe(200);
  });

  test('an attempt that takes too long is given up, and sent again', async () => {
    const server = await start((_, index) => (index === 0 ? 'hang' : undefined));
    const { dispatcher } = compose({ attemptTimeoutMs: 100 });
    expect((await send(dispatcher, server, { method: 'POST', body: 'x' })).text).toBe('executed x');
    const silent = await start(() => 'hang');
    const error = await send(compose({ attemptTimeoutMs: 30 }).dispatcher, silent).catch(
      (error: unknown) => error,
    );
    expect((error as Error).cause).toMatchObject({ name: 'TimeoutError' });
  });

  test('a stream with its digest is sent as it is, and once', async () => {
    const server = await start((_, index) => (index === 0 ? undefined : 'drop'));
    const options = { method: 'POST' as const, digest: digestOf('abc') };
    const { dispatcher } = compose();
    expect((await send(dispatcher, server, { ...options, body: Readable.from(['abc']) })).text).toBe(
      'executed abc',
    );
    expect(server.received[0]?.headers['transfer-encoding']).toBe('chunked');
    const call = send(dispatcher, server, { ...options, body: Readable.from(['abc']) });
    await expect(call).rejects.toBeInstanceOf(OutcomeUnknownError);
    expect(server.received).toHaveLength(2);
  });

  test('a request that undici refuses is refused at once, with undici’s error', async () => {
    const { dispatcher, waits } = compose();
    const call = send(dispatcher, { origin: 'http://127.0.0.1:9' }, { headers: { 'bad name': 'x' } });
    await expect(call).rejects.toMatchObject({ code: 'UND_ERR_INVALID_ARG' });
    expect(waits).toEqual([]);
  });

  test('what cannot be signed is not sent', async () => {
    const server = await start();
    const { dispatcher } = compose();
    await expect(send(dispatcher, server, { path: '/a/../b' })).rejects.toMatchObject({
      code: 'ambiguous-target',
    });
    const body = Readable.from([{}]);
    await expect(send(dispatcher, server, { method: 'POST', body })).rejects.toThrow(/^body: /);
    await expect(send(dispatcher, server, { method: 'POST', body: 5 as unknown as string })).rejects.toThrow(
      /^body: /,
    );
    expect(server.received).toHaveLength(0);
  });

  test('pace waits before sending', async () => {
    const server = await start(() => ({ status: 200, headers: { RateLimit: '"a";r=0;t=4' } }));
    const { dispatcher, waits } = compose({ pace: true, monotonicNow: () => 0 });
    await send(dispatcher, server);
    await send(dispatcher, server);
    expect(waits).toEqual([4000]);
  });
});

describe('as undici’s users know it', () => {
  test('abort ends a wait, an attempt and a body, with the signal’s reason', async () => {
    const reason = new Error('enough');
    const agent = new Agent();
    closers.push(() => agent.destroy());
    const dispatcher = agent.compose(countersign(createSigner(KEY)));
    const reactions: ((request: Received) => Reaction)[] = [
      (request) => ({ status: 429, headers: request.verdict('rate-limited', { retryAfterMs: 20_000 }) }),
      () => 'hang',
    ];
    for (const react of reactions) {
      const aborter = new AbortController();
      const server = await start((request) => {
        setTimeout(() => aborter.abort(reason), 60);
        return react(request);
      });
      await expect(send(dispatcher, server, { signal: aborter.signal })).rejects.toBe(reason);
      expect(server.received).toHaveLength(1);
    }
    const emitter = new EventEmitter();
    setTimeout(() => emitter.emit('abort'), 60);
    const silent = await start(() => 'hang');
    await expect(send(dispatcher, silent, { signal: emitter })).rejects.toMatchObject({ name: 'AbortError' });
    const before = send(dispatcher, silent, { signal: AbortSignal.abort(reason) });
    await expect(before).rejects.toBe(reason);

    const large = await start(() => ({ status: 200, body: 'x'.repeat(5_000_000) }));
    const aborter = new AbortController();
    const { body } = await dispatcher.request({
      origin: large.origin,
      path: '/',
      method: 'GET',
      signal: aborter.signal,
    });
    aborter.abort(reason);
    await expect(body.text()).rejects.toBe(reason);
  });

  test('what was given up before it had a connection is not sent when it gets one', async () => {
    let release: (reaction: Reaction) => void = () => {};
    const held = new Promise<Reaction>((resolve) => {
      release = resolve;
    });
    const server = await fakeServer(() => held);
    closers.push(() => server.close());
    const agent = new Agent({ connections: 1 });
    closers.push(() => agent.destroy());
    const slow = agent.request({ origin: server.origin, path: '/slow', method: 'GET' });
    const call = send(
      agent.compose(countersign(createSigner(KEY), { attempts: 1, attemptTimeoutMs: 50 })),
      server,
    );
    await expect(call).rejects.toBeInstanceOf(OutcomeUnknownError);
    release({ status: 200, body: 'late' });
    expect(await (await slow).body.text()).toBe('late');
    // The connection is free now: what was queued behind it has its turn.
    expect(
      await (await agent.request({ origin: server.origin, path: '/after', method: 'GET' })).body.text(),
    ).toBe('late');
    expect(server.received.map(({ target }) => target)).toEqual(['/slow', '/after']);
  });

  test('abort ends the reading of a body that never ends', async () => {
    const aborter = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => aborter.abort(reason), 30);
    const body = new Readable({ read() {} });
    const call = send(
      compose().dispatcher,
      { origin: 'http://127.0.0.1:9' },
      { method: 'POST', body, signal: aborter.signal },
    );
    await expect(call).rejects.toBe(reason);
  });

  test('a large answer is read at the reader’s pace, whole', async () => {
    const text = 'abcdefgh'.repeat(500_000);
    const server = await start(() => ({ status: 200, body: text }));
    const { dispatcher } = compose();
    const { body } = await dispatcher.request({
      origin: server.origin,
      path: '/',
      method: 'GET',
      highWaterMark: 1000,
    });
    let read = '';
    for await (const chunk of body) {
      read += chunk;
      if (read.length < 200_000) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(read === text).toBe(true);
  });

  test('an answer that never ends is held back while nobody reads, and cut by an abort', async () => {
    const pump = await startPump(200);
    const { dispatcher } = compose();
    const aborter = new AbortController();
    const options = { origin: pump.origin, path: '/', method: 'GET', signal: aborter.signal } as const;
    const { body } = await dispatcher.request(options);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { bytes } = pump;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(pump.bytes).toBe(bytes);
    aborter.abort(new Error('enough'));
    await expect(body.text()).rejects.toThrow('enough');
    await pump.closed;
  });

  test('the body of a refusal that never ends is not read to the end', async () => {
    let asked = 0;
    const pump = await startPump(503, () => asked++ === 0);
    expect((await send(compose().dispatcher, pump)).text).toBe('short');
    expect(pump.bytes).toBeLessThan(20_000_000);
    await pump.closed;
  });

  test('HEAD, 204, stream and pipeline work', async () => {
    const server = await start(({ target }) => ({
      status: target === '/204' ? 204 : 200,
      body: target === '/204' ? '' : 'text',
    }));
    const { dispatcher } = compose();
    expect(await send(dispatcher, server, { method: 'HEAD' })).toMatchObject({ statusCode: 200, text: '' });
    expect(await send(dispatcher, server, { path: '/204' })).toMatchObject({ statusCode: 204, text: '' });
    const piped = dispatcher.pipeline(
      { origin: server.origin, path: '/', method: 'POST' },
      ({ body }) => body,
    );
    piped.end('x');
    expect((await piped.toArray()).join('')).toBe('text');
    expect(server.received[2]?.body).toBe('x');
  });

  test('an early answer (1xx) is passed on', async () => {
    const server = createServer((_, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.end('done');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const infos: number[] = [];
    const { text } = await send(
      compose().dispatcher,
      { origin },
      { onInfo: ({ statusCode }) => infos.push(statusCode) },
    );
    expect([infos, text]).toEqual([[103], 'done']);
  });

  test('an error thrown by a handler ends the request with that error', async () => {
    const server = await start();
    const agent = new Agent();
    closers.push(() => agent.destroy());
    const dispatcher = agent.compose(countersign(createSigner(KEY)), interceptors.responseError());
    expect((await send(dispatcher, server)).statusCode).toBe(200);
    const failing = await start(() => ({ status: 404, body: 'no' }));
    await expect(send(dispatcher, failing)).rejects.toMatchObject({
      code: 'UND_ERR_RESPONSE',
      statusCode: 404,
    });
    const error = new Error('in the handler');
    const thrown = await new Promise((resolve) => {
      dispatcher.dispatch(
        { origin: server.origin, path: '/', method: 'GET' },
        {
          onRequestStart: () => {},
          onResponseStart: () => {
            throw error;
          },
          onResponseError: (_, error) => resolve(error),
        },
      );
    });
    expect(thrown).toBe(error);
  });

  test('MockAgent, which answers all at once, works', async () => {
    const mock = new MockAgent();
    mock.disableNetConnect();
    closers.push(() => mock.close());
    const seen: unknown[] = [];
    mock
      .get('http://a.example')
      .intercept({ path: '/', method: 'GET' })
      .reply((options) => {
        seen.push(options.headers);
        return { statusCode: 200, data: 'mocked' };
      });
    const dispatcher = mock.compose(countersign(createSigner(KEY)));
    expect(await send(dispatcher, { origin: 'http://a.example' })).toMatchObject({
      statusCode: 200,
      text: 'mocked',
    });
    expect(JSON.stringify(seen)).toContain('CS1-HMAC-SHA256');
  });

  test('the options are checked', () => {
    expect(() => countersign({ sign: () => ({}), signRequest: async (request) => request })).toThrow(
      /^signer: /,
    );
    expect(() => countersign(createSigner(KEY), { attempts: 0 })).toThrow(/^attempts: /);
    expect(() => countersign(createSigner(KEY), { origins: ['nonsense'] })).toThrow(TypeError);
  });
});
