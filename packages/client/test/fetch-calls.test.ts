import { describe, expect, test } from 'vitest';
import {
  AlreadyAdmittedError,
  ClockSkewError,
  createSigner,
  OutcomeUnknownError,
  RateLimitedError,
  StoreUnavailableError,
} from '../src/index.js';
import { KEY } from './fake-server.js';
import { quick, start } from './fetch-setup.js';

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
    const response = await quick({ attemptTimeoutMs: 1_000 }).fetch(server.origin, {
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
