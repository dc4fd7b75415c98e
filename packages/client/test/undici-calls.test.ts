import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { AlreadyAdmittedError, OutcomeUnknownError, RateLimitedError } from '../src/index.js';
import { compose, digestOf, send, start } from './undici-setup.js';

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
