import { afterEach, describe, expect, test } from 'vitest';
import { createFetch, createSigner, type FetchOptions } from '../src/index.js';
import { createPacer } from '../src/pacing.js';
import { type FakeServer, fakeServer, KEY } from './fake-server.js';

let server: FakeServer | undefined;
afterEach(() => server?.close());

describe('createPacer', () => {
  const field = (remaining: number, resetSeconds: number): string =>
    `"orders 60/60s";r=${remaining};t=${resetSeconds}`;

  test('waits until the reset of a budget that is spent, and no longer', () => {
    const path = createPacer()('http://a.example', 'orders');
    expect(path.waitMs(0, 30_000)).toBe(0);
    path.learn(field(0, 7), 1000);
    expect(path.waitMs(1000, 30_000)).toBe(7000);
    expect(path.waitMs(5000, 30_000)).toBe(3000);
    expect(path.waitMs(8000, 30_000)).toBe(0);
  });

  test('counts what it lets through until the next answer says more', () => {
    const path = createPacer()('http://a.example', 'orders');
    path.learn(field(2, 7), 0);
    expect([1, 2, 3].map(() => path.waitMs(0, 30_000))).toEqual([0, 0, 7000]);
    path.learn(field(1, 7), 0);
    expect([1, 2].map(() => path.waitMs(0, 30_000))).toEqual([0, 7000]);
  });

  test('waits for the last of several budgets', () => {
    const path = createPacer()('http://a.example', 'orders');
    path.learn('"* 1000/60s";r=0;t=3, "orders 60/60s";r=0;t=5, "orders:write 9/1s";r=4;t=9', 0);
    expect(path.waitMs(0, 30_000)).toBe(5000);
  });

  test('does not wait for longer than it may: the server’s answer ends the call instead', () => {
    const path = createPacer()('http://a.example', 'orders');
    path.learn(field(0, 31), 0);
    expect(path.waitMs(0, 30_000)).toBe(0);
    expect(path.waitMs(1000, 30_000)).toBe(30_000);
  });

  test('keeps origins and scopes apart', () => {
    const pacer = createPacer();
    pacer('http://a.example', 'orders').learn(field(0, 5), 0);
    expect(pacer('http://a.example', 'orders').waitMs(0, 30_000)).toBe(5000);
    expect(pacer('http://b.example', 'orders').waitMs(0, 30_000)).toBe(0);
    expect(pacer('http://a.example', 'invoices').waitMs(0, 30_000)).toBe(0);
  });

  test.each([
    null,
    undefined,
    '',
    '"unclosed;r=0;t=9',
    'x;r=0;t=9',
    '"a";r=0',
    '"a";t=9',
    '"a";r="0";t="9"',
    '("a");r=0;t=9',
  ])('takes %s for no hint at all, and remembers the last that was one', (malformed) => {
    const path = createPacer()('http://a.example', '');
    path.learn(malformed, 0);
    expect(path.waitMs(0, 30_000)).toBe(0);
    path.learn(field(0, 5), 0);
    path.learn(malformed, 0);
    expect(path.waitMs(0, 30_000)).toBe(5000);
  });

  test('remembers 1,000 paths, and forgets the one it heard of longest ago', () => {
    const pacer = createPacer();
    for (let i = 0; i < 1001; i++) pacer(`http://${i}.example`, '').learn(field(0, 5), 0);
    expect(pacer('http://0.example', '').waitMs(0, 30_000)).toBe(0);
    expect(pacer('http://1.example', '').waitMs(0, 30_000)).toBe(5000);
    expect(pacer('http://1000.example', '').waitMs(0, 30_000)).toBe(5000);
  });
});

describe('createFetch with pace', () => {
  async function paced(options: FetchOptions) {
    const limit = 2;
    let used = 0;
    let nowMs = 0;
    const waits: number[] = [];
    server = await fakeServer((request) => {
      if (used >= limit)
        return { status: 429, headers: request.verdict('rate-limited', { retryAfterMs: 60_000 }) };
      used++;
      const headers = {
        'RateLimit-Policy': '"orders 2/10s";q=2;w=10',
        RateLimit: `"orders 2/10s";r=${limit - used};t=10`,
      };
      return { status: 200, headers };
    });
    const sleep = async (waitMs: number): Promise<void> => {
      waits.push(waitMs);
      nowMs += waitMs;
      used = 0;
    };
    const signer = createSigner({ ...KEY, scope: 'orders' });
    return {
      fetch: createFetch(signer, { monotonicNow: () => nowMs, sleep, ...options }),
      origin: server.origin,
      waits,
    };
  }

  test('waits before sending, so that nothing is refused', async () => {
    const { fetch, origin, waits } = await paced({ pace: true });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await fetch(origin)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    expect(waits).toEqual([10_000, 10_000]);
  });

  test('without it the third call is refused', async () => {
    const { fetch, origin, waits } = await paced({});
    await fetch(origin);
    await fetch(origin);
    await expect(fetch(origin)).rejects.toMatchObject({ code: 'rate-limited' });
    expect(waits).toEqual([]);
  });
});
