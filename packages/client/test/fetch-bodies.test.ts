import { describe, expect, test } from 'vitest';
import { createFetch, createSigner, OutcomeUnknownError } from '../src/index.js';
import { KEY } from './fake-server.js';
import { digestOf, quick, start } from './fetch-setup.js';

describe('streams', () => {
  const stream = (text: string): ReadableStream =>
    new ReadableStream({
      start: (controller) => {
        for (const part of text) controller.enqueue(new TextEncoder().encode(part));
        controller.close();
      },
    });

  test('without a digest: read into memory, and sent again like any other', async () => {
    const server = await start((_, index) => (index === 0 ? 'drop' : undefined));
    const response = await quick().fetch(server.origin, { method: 'POST', body: stream('abc') });
    expect(await response.text()).toBe('executed abc');
    expect(server.received[0]?.headers['content-length']).toBe('3');
  });

  test('with its digest: sent as it is, and once', async () => {
    const server = await start();
    const init = { method: 'POST', digest: digestOf('abc') };
    const response = await quick().fetch(server.origin, { ...init, body: stream('abc') });
    expect(await response.text()).toBe('executed abc');
    expect(server.received[0]?.headers['transfer-encoding']).toBe('chunked');
    const request = new Request(server.origin, { method: 'POST', body: stream('abc'), duplex: 'half' });
    expect(await (await quick().fetch(request, { digest: digestOf('abc') })).text()).toBe('executed abc');
    expect(server.received[1]?.headers['transfer-encoding']).toBe('chunked');

    const broken = await start(() => 'drop');
    const call = quick().fetch(broken.origin, { ...init, body: stream('abc') });
    await expect(call).rejects.toBeInstanceOf(OutcomeUnknownError);
    expect(broken.received).toHaveLength(1);
  });

  test('a digest beside a body that is no stream is what is signed', async () => {
    const server = await start((_, index) => (index === 0 ? 'drop' : undefined));
    const init = { method: 'POST', body: 'abc' };
    expect((await quick().fetch(server.origin, { ...init, digest: digestOf('abc') })).status).toBe(200);
    expect(server.received).toHaveLength(2);
    await quick().fetch(server.origin, { ...init, digest: digestOf('other') });
    expect(server.received[2]?.signed).toBeUndefined();
  });
});

describe('AbortSignal', () => {
  test('ends a wait between attempts with its reason', async () => {
    const aborter = new AbortController();
    const reason = new Error('enough');
    const server = await start((request) => {
      setTimeout(() => aborter.abort(reason), 60);
      return { status: 429, headers: request.verdict('rate-limited', { retryAfterMs: 20_000 }) };
    });
    await expect(createFetch(createSigner(KEY))(server.origin, { signal: aborter.signal })).rejects.toBe(
      reason,
    );
    expect(server.received).toHaveLength(1);
  });

  test('ends an attempt with its reason, and nothing is sent again', async () => {
    const aborter = new AbortController();
    const reason = new Error('enough');
    const server = await start(() => {
      setTimeout(() => aborter.abort(reason), 60);
      return 'hang';
    });
    const request = new Request(server.origin, { signal: aborter.signal });
    await expect(quick({ attemptTimeoutMs: 5000 }).fetch(request)).rejects.toBe(reason);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.received).toHaveLength(1);
  });

  test('ends the reading of a body, and a call that has not begun', async () => {
    const reason = new Error('enough');
    const aborter = new AbortController();
    setTimeout(() => aborter.abort(reason), 30);
    const init = { method: 'POST', body: new ReadableStream(), signal: aborter.signal };
    await expect(quick().fetch('http://a.example/', init)).rejects.toBe(reason);
    await expect(quick().fetch('http://a.example/', { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });

  test('reaches the body of the answer', async () => {
    const aborter = new AbortController();
    const { fetch } = quick({
      attemptTimeoutMs: 1000,
      fetch: async (_, init) => {
        const body = new ReadableStream({
          start: (controller) =>
            init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason)),
        });
        return new Response(body);
      },
    });
    const response = await fetch('http://a.example/', { signal: aborter.signal });
    const reason = new Error('enough');
    aborter.abort(reason);
    await expect(response.text()).rejects.toBe(reason);
  });
});
