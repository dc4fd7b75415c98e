import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import {
  AlreadyAdmittedError,
  ClockSkewError,
  createFetch,
  createSigner,
  type FetchOptions,
  OutcomeUnknownError,
  RateLimitedError,
  type Signer,
  StoreUnavailableError,
} from '../src/index.js';
import { type FakeServer, fakeServer, KEY, type Reaction, type Received } from './fake-server.js';

const servers: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
async function start(
  react?: (request: Received, index: number) => Reaction | undefined | Promise<Reaction | undefined>,
) {
  const server = await fakeServer(react);
  servers.push(server);
  return server;
}
/** Waits are noted, not waited. */
function quick(options: FetchOptions = {}, signer: Signer = createSigner(KEY)) {
  const waits: number[] = [];
  const sleep = async (waitMs: number): Promise<void> => void waits.push(Math.round(waitMs));
  return { fetch: createFetch(signer, { random: () => 0, sleep, ...options }), waits };
}
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('sends what it signs', () => {
  test.each([
    ['no body', {}, 'executed '],
    ['text', { method: 'POST', body: 'grüße' }, `executed ${Buffer.from('grüße').toString('latin1')}`],
    ['empty text', { method: 'POST', body: '' }, 'executed '],
    ['bytes', { method: 'PUT', body: Uint8Array.from([0, 255]) }, 'executed \u0000ÿ'],
    ['URLSearchParams', { method: 'POST', body: new URLSearchParams({ a: '1 2' }) }, 'executed a=1+2'],
    ['a Blob', { method: 'POST', body: new Blob(['x'], { type: 'text/csv' }) }, 'executed x'],
    ['a method in lower case', { method: 'post', body: 'x' }, 'executed x'],
  ])('%s', async (_, init, expected) => {
    const server = await start();
    const response = await quick().fetch(`${server.origin}/a b/%7e?z=1&a=%C3%A9#x`, init);
    expect(Buffer.from(await response.arrayBuffer()).toString('latin1')).toBe(
      Buffer.from(expected).toString('latin1'),
    );
    expect(server.received[0]?.signed).toMatchObject({ path: '/a%20b/~', query: 'a=%C3%A9&z=1' });
  });

  test('FormData, with the boundary that is signed', async () => {
    const server = await start();
    const body = new FormData();
    body.append('a', '1');
    body.append('file', new Blob(['content']), 'a.txt');
    await quick().fetch(server.origin, { method: 'POST', body });
    const { signed, body: sent } = server.received[0] as Received;
    const [[name, value] = []] = signed?.headers ?? [];
    expect(name).toBe('content-type');
    expect(sent).toContain(/boundary=(.+)$/.exec(value ?? '')?.[1]);
    expect(sent).toContain('content');
  });

  test('a Request, with its method, fields and body', async () => {
    const server = await start();
    const request = new Request(`${server.origin}/r`, {
      method: 'PATCH',
      body: 'p',
      headers: { 'if-match': '"1"' },
    });
    const response = await quick().fetch(request, { scope: 'orders:write' });
    expect(await response.text()).toBe('executed p');
    expect(server.received[0]?.signed).toMatchObject({ scope: 'orders:write', method: 'PATCH' });
    expect(server.received[0]?.signed?.headers.map(([name]) => name)).toEqual(['content-type', 'if-match']);
  });

  test('the scope of the signer, or of the call', async () => {
    const server = await start();
    const { fetch } = quick({}, createSigner({ ...KEY, scope: 'a' }));
    await fetch(server.origin);
    await fetch(server.origin, { scope: 'b' });
    expect(server.received.map(({ signed }) => signed?.scope)).toEqual(['a', 'b']);
  });

  test('the debug field, when the signer is in debug mode', async () => {
    const server = await start();
    await quick({}, createSigner({ ...KEY, debug: true })).fetch(server.origin);
    expect(server.received[0]?.headers['countersign-debug']).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  test('by the fetch that was given, or the global one of the moment', async () => {
    const urls: unknown[] = [];
    const fake: typeof fetch = async (url) => {
      urls.push(url);
      return new Response('fake');
    };
    expect(await (await quick({ fetch: fake }).fetch('http://a.example/x')).text()).toBe('fake');
    const signed = quick().fetch;
    const real = globalThis.fetch;
    globalThis.fetch = fake;
    try {
      expect(await (await signed('http://a.example/y')).text()).toBe('fake');
    } finally {
      globalThis.fetch = real;
    }
    expect(urls).toEqual(['http://a.example/x', 'http://a.example/y']);
  });

  test('passes options of fetch on that it does not know, and those of a Request', async () => {
    const seen: (RequestInit & Record<string, unknown>)[] = [];
    const { fetch } = quick({
      fetch: async (_, init) => {
        seen.push(init as (typeof seen)[0]);
        return new Response();
      },
    });
    const dispatcher = {};
    await fetch('http://a.example/', { dispatcher, keepalive: true } as RequestInit);
    await fetch(new Request('http://a.example/', { credentials: 'include', integrity: 'sha256-x' }));
    expect(seen[0]).toMatchObject({ dispatcher, keepalive: true });
    expect(seen[1]).toMatchObject({ credentials: 'include', integrity: 'sha256-x' });
  });

  test('rejects what cannot be signed, without sending', async () => {
    const server = await start();
    await expect(quick().fetch(`${server.origin}/a%2F..%2Fb`)).rejects.toMatchObject({
      code: 'ambiguous-target',
    });
    await expect(quick().fetch(server.origin, { headers: { authorization: 'Bearer x' } })).rejects.toThrow(
      /is taken/,
    );
    await expect(quick().fetch('relative')).rejects.toThrow(TypeError);
    expect(server.received).toHaveLength(0);
  });
});

describe('L14 one call, one signature', () => {
  test('a connection that breaks after execution: the same signature, then AlreadyAdmittedError', async () => {
    const server = await start((request, index) => {
      if (index > 0) return undefined;
      server.executed.push(request.signed?.nonce ?? '');
      return 'drop';
    });
    const call = quick().fetch(server.origin, { method: 'POST', body: 'x' });
    await expect(call).rejects.toBeInstanceOf(AlreadyAdmittedError);
    expect(server.executed).toHaveLength(1);
    expect(new Set(server.received.map(({ headers }) => headers.authorization)).size).toBe(1);
  });

  test('a connection that breaks before execution: the same signature, executed once', async () => {
    const server = await start((_, index) => (index < 2 ? 'drop' : undefined));
    const { fetch, waits } = quick();
    expect(await (await fetch(server.origin, { method: 'POST', body: 'x' })).text()).toBe('executed x');
    expect([server.received.length, server.executed.length]).toEqual([3, 1]);
    expect(waits).toEqual([250, 500]);
  });

  test('nothing but broken connections: OutcomeUnknownError with the cause and the last gateway’s answer', async () => {
    const server = await start((_, index) =>
      index === 0 ? { status: 503, body: 'from a gateway' } : 'drop',
    );
    const error = await quick()
      .fetch(server.origin)
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    const { cause, lastResponse } = error as OutcomeUnknownError;
    expect(cause).toBeInstanceOf(TypeError);
    expect(lastResponse?.status).toBe(503);
    expect(await lastResponse?.text()).toBe('from a gateway');
    expect(server.received).toHaveLength(4);
  });

  test('an attempt that takes too long is given up, and sent again', async () => {
    const server = await start((_, index) => (index === 0 ? 'hang' : undefined));
    const response = await quick({ attemptTimeoutMs: 100 }).fetch(server.origin, {
      method: 'POST',
      body: 'x',
    });
    expect(await response.text()).toBe('executed x');
    const silent = await start(() => 'hang');
    const error = await quick({ attemptTimeoutMs: 30 })
      .fetch(silent.origin)
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect((error as Error).cause).toMatchObject({ name: 'TimeoutError' });
  });

  test('the limit is for the head: a body may take longer', async () => {
    const { fetch } = quick({
      attemptTimeoutMs: 30,
      fetch: async (_, init) => {
        const body = new ReadableStream({
          start: (controller) => {
            init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason));
            setTimeout(() => {
              controller.enqueue(new TextEncoder().encode('late'));
              controller.close();
            }, 90);
          },
        });
        return new Response(body);
      },
    });
    expect(await (await fetch('http://a.example/')).text()).toBe('late');
  });

  test('a gateway’s 503: sent again for PUT, with Retry-After; returned for POST', async () => {
    const server = await start((_, index) =>
      index === 0 ? { status: 503, headers: { 'retry-after': '2' }, body: 'busy' } : undefined,
    );
    const { fetch, waits } = quick();
    expect((await fetch(server.origin, { method: 'PUT', body: 'x' })).status).toBe(200);
    expect(waits).toEqual([2000]);
    const other = await start(() => ({ status: 503, body: 'busy' }));
    expect(await (await fetch(other.origin, { method: 'POST', body: 'x' })).text()).toBe('busy');
    expect(other.received).toHaveLength(1);
  });

  test('Retry-After as a date, and in the past', async () => {
    const dates = [new Date(Date.now() + 20_000).toUTCString(), new Date(0).toUTCString(), 'nonsense'];
    const server = await start((_, index) => {
      const date = dates[index];
      return date === undefined ? undefined : { status: 502, headers: { 'retry-after': date } };
    });
    const { fetch, waits } = quick();
    await fetch(server.origin);
    expect(waits[0]).toBeGreaterThan(18_000);
    expect(waits.slice(1)).toEqual([1000]);
  });

  test('the last gateway’s answer is returned unread', async () => {
    const server = await start((_, index) => ({ status: 504, body: `gateway ${index}` }));
    const response = await quick({ attempts: 3 }).fetch(server.origin);
    expect(await response.text()).toBe('gateway 2');
  });

  test('a proxy’s 503 after execution taken for "not executed": the call ends with that answer in the error', async () => {
    const server = await start((request, index) => {
      if (index > 0) return undefined;
      server.executed.push(request.signed?.nonce ?? '');
      return { status: 503, body: 'x'.repeat(100_000) };
    });
    const error = await quick()
      .fetch(server.origin, { method: 'PUT', body: 'x' })
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(AlreadyAdmittedError);
    const { earlierResponse } = error as AlreadyAdmittedError;
    expect(earlierResponse?.status).toBe(503);
    expect((await earlierResponse?.text())?.length).toBe(65_536);
    expect(server.executed).toHaveLength(1);
  });

  test('a gateway whose answer never ends does not hold the call up', async () => {
    const server = await start((_, index) =>
      index === 0 ? { status: 503, body: 'beginning', endless: true } : 'drop',
    );
    const error = await quick({ attempts: 2 })
      .fetch(server.origin)
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(await (error as OutcomeUnknownError).lastResponse?.text()).toBe('beginning');
  });

  test('rate-limited: the same signature after the wait', async () => {
    const server = await start((request, index) =>
      index < 2
        ? { status: 429, headers: request.verdict('rate-limited', { retryAfterMs: 1234 }) }
        : undefined,
    );
    const { fetch, waits } = quick();
    expect((await fetch(server.origin, { method: 'POST', body: 'x' })).status).toBe(200);
    expect(waits).toEqual([1234, 1234]);
    expect(new Set(server.received.map(({ headers }) => headers.authorization)).size).toBe(1);
  });

  test('rate-limited for longer than it may wait, or for ever: RateLimitedError', async () => {
    const server = await start((request, index) => ({
      status: 429,
      headers: request.verdict('rate-limited', index === 0 ? { retryAfterMs: 60_000 } : {}),
    }));
    const { fetch } = quick();
    const error = await fetch(server.origin).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error).toMatchObject({ retryAfterMs: 60_000 });
    await expect(fetch(server.origin)).rejects.toMatchObject({ retryAfterMs: undefined });
    expect(server.received).toHaveLength(2);
  });

  test('store-unavailable to the end: StoreUnavailableError', async () => {
    const server = await start((request) => ({
      status: 503,
      headers: request.verdict('store-unavailable', { retryAfterMs: 5 }),
    }));
    await expect(quick().fetch(server.origin, { method: 'POST', body: 'x' })).rejects.toBeInstanceOf(
      StoreUnavailableError,
    );
    expect(server.received).toHaveLength(4);
  });

  test('a verdict that is forged, or about another request, is no verdict', async () => {
    let recorded: Record<string, string> | undefined;
    const server = await start((request) => {
      recorded ??= request.verdict('rate-limited', { retryAfterMs: 1 });
      return { status: 429, headers: recorded };
    });
    const { fetch, waits } = quick({ attempts: 2 });
    await expect(fetch(server.origin)).rejects.toBeInstanceOf(RateLimitedError);
    expect((await fetch(server.origin)).status).toBe(429);
    expect(waits).toEqual([1]);
  });

  test('any other authentic refusal is returned', async () => {
    const server = await start((request) => ({
      status: 403,
      headers: request.verdict('scope-mismatch'),
      body: 'why',
    }));
    const response = await quick().fetch(server.origin);
    expect([response.status, await response.text()]).toEqual([403, 'why']);
  });

  test('a slow clock: one more signature, and right from then on', async () => {
    const slowMs = 400_000;
    const signer = createSigner({ ...KEY, now: () => Date.now() - slowMs });
    const server = await start((request) => {
      const ts = Number(request.signed?.ts);
      if (Date.now() - ts < 300_000) return undefined;
      return { status: 401, headers: request.verdict('stale-timestamp', { deadSinceMs: ts + 300_000 }) };
    });
    const { fetch } = quick({}, signer);
    expect((await fetch(server.origin, { method: 'POST', body: 'x' })).status).toBe(200);
    expect((await fetch(server.origin, { method: 'POST', body: 'y' })).status).toBe(200);
    expect(server.received).toHaveLength(3);
    expect(server.executed).toHaveLength(2);
    // The offset is the signer's: sign has it too.
    const ts = Number(
      /ts="(\d+)"/.exec(
        new Headers(signer.sign({ method: 'GET', url: server.origin })).get('authorization') ?? '',
      )?.[1],
    );
    expect(Math.abs(ts - Date.now())).toBeLessThan(5000);
  });

  test('a fast clock: GET is signed again, POST ends in ClockSkewError and works the next time', async () => {
    for (const method of ['GET', 'POST']) {
      const server = await start((request) =>
        Number(request.signed?.ts) > Date.now() + 10_000
          ? { status: 401, headers: request.verdict('future-timestamp') }
          : undefined,
      );
      const { fetch } = quick({}, createSigner({ ...KEY, now: () => Date.now() + 60_000 }));
      if (method === 'POST')
        await expect(fetch(server.origin, { method })).rejects.toBeInstanceOf(ClockSkewError);
      expect((await fetch(server.origin, { method })).status).toBe(200);
      expect(server.executed).toHaveLength(1);
    }
  });
});

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
