import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Agent, interceptors, MockAgent } from 'undici';
import { describe, expect, test } from 'vitest';
import { createSigner, OutcomeUnknownError } from '../src/index.js';
import { countersign } from '../src/undici/index.js';
import { fakeServer, KEY, type Reaction, type Received } from './fake-server.js';
import { closers, compose, send, start, startPump } from './undici-setup.js';

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
