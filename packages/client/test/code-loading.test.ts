/** What is loaded when it is first used may not load: a connection that is gone, a deployment that has replaced it. */
import { afterEach, expect, test, vi } from 'vitest';
import { createFetch, createSigner, OutcomeUnknownError } from '../src/index.js';
import { KEY } from './fake-server.js';
import { start } from './fetch-setup.js';

const loading = vi.hoisted(() => ({ fails: true }));
async function orFail<T>(original: () => Promise<T>): Promise<T> {
  if (loading.fails) throw new Error('not loaded');
  return original();
}
vi.mock(import('../src/redirects.js'), orFail);
vi.mock(import('../src/pacing.js'), orFail);
afterEach(() => {
  loading.fails = true;
});

test('a request that was redirected may have been executed: it ends in that, sent once', async () => {
  const server = await start(({ target }) =>
    target === '/old' ? { status: 303, headers: { location: '/new' }, body: 'moved' } : undefined,
  );
  const fetch = createFetch(createSigner(KEY));
  for (const method of ['POST', 'GET']) {
    const error = await fetch(`${server.origin}/old`, { method }).catch((error) => error);
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(error).toMatchObject({ outcome: 'unknown', cause: expect.any(Error) });
    expect([error.lastResponse.status, await error.lastResponse.text()]).toEqual([303, 'moved']);
  }
  expect(server.received.map(({ method }) => method)).toEqual(['POST', 'GET']);
  loading.fails = false;
  expect((await fetch(`${server.origin}/old`, { method: 'POST' })).status).toBe(200);
});

test('a call that would be paced is not sent, says so, and the next one loads it anew', async () => {
  const server = await start();
  const fetch = createFetch(createSigner(KEY), { pace: true });
  const error = await fetch(server.origin, { method: 'POST', body: 'x' }).catch((error) => error);
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ message: expect.stringMatching(/^pace: .*nothing was sent/) });
  expect(error.cause).toBeInstanceOf(Error);
  expect(server.received).toHaveLength(0);
  loading.fails = false;
  expect((await fetch(server.origin, { method: 'POST', body: 'x' })).status).toBe(200);
});
