/**
 * L5 when Redis forgets. Whatever was admitted before is refused for good, what recovers is told the exact time, and a
 * fresh signature is admitted then: on real servers, on their own clock, through the public store.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admission, acceptanceWindow, createClock } from '@countersign/server';
import { type RedisConfig, type RedisServer, startRedis, waitUntil } from '@countersign/testkit/redis';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { type RedisStore, redisStore } from '../src/index.js';

const TOLERANCE = { pastMs: 20_000, futureMs: 250 };
/** What the horizon is above the last look at the old server's clock, at most, beside `futureMs`. */
const MARGIN_MS = 1_000;

interface Scene {
  readonly server: RedisServer;
  readonly store: RedisStore;
  /** Admits fresh requests of several owners; gives them. */
  readonly admitSome: (count: number) => Promise<Admission[]>;
}

function fresh(id: number): Admission {
  const nonce = crypto.getRandomValues(new Uint8Array(16));
  const key = `key${id % 40}`;
  return { key, owner: key, nonce, signedAtMs: Date.now(), charges: [] };
}

async function scene(config: RedisConfig, act: (scene: Scene) => Promise<void>): Promise<void> {
  const server = await startRedis({ config });
  const redis = new Redis({ host: server.host, port: server.port, lazyConnect: true });
  const store = redisStore(redis, { timeoutMs: 1_000, deposedWritesMs: 0, onWarning: () => {} });
  try {
    store.attach(acceptanceWindow(createClock(), TOLERANCE));
    await store.ready();
    await sleep(TOLERANCE.futureMs + 2);
    const admitSome = async (count: number): Promise<Admission[]> => {
      const all = Array.from({ length: count }, (_, id) => fresh(id));
      for (const result of await Promise.all(all.map((one) => store.admit(one)))) {
        expect(result).toMatchObject({ outcome: 'admitted' });
      }
      return all;
    };
    await act({ server, store, admitSome });
  } finally {
    await store.close();
    await server.stop();
  }
}

/** Nothing of what was admitted is admitted again, now or when fresh requests are. */
async function expectOnce(store: RedisStore, before: readonly Admission[], lossMs: number): Promise<void> {
  const replay = async (): Promise<void> => {
    for (const result of await Promise.all(before.map((one) => store.admit(one)))) {
      expect(result.outcome).toMatch(/^(replayed|recovering)$/);
      if (result.outcome === 'recovering') {
        expect(result.deadSinceMs).toBeGreaterThanOrEqual(lossMs);
        expect(result.deadSinceMs).toBeLessThanOrEqual(Date.now());
      }
    }
  };
  await replay();
  // A signature that is made at T - 1 is refused, one that is made at T is admitted.
  const [first] = before;
  const lost = before.map(({ key }) => key);
  for (const key of new Set(lost.slice(0, 8))) {
    const ask = (signedAtMs: number) => store.admit({ ...fresh(0), key, owner: key, signedAtMs });
    const askedMs = Date.now();
    const result = await ask(askedMs);
    if (result.outcome === 'admitted') continue;
    if (result.outcome !== 'recovering') throw new Error(`was ${result.outcome}`);
    expect(result.retryAfterMs).toBeGreaterThan(0);
    expect(result.retryAfterMs).toBeLessThanOrEqual(TOLERANCE.futureMs + MARGIN_MS + 1);
    expect(result.deadSinceMs).toBeGreaterThanOrEqual(lossMs);
    const answeredMs = Date.now();
    const earliestMs = askedMs + result.retryAfterMs;
    await sleep(answeredMs + result.retryAfterMs - Date.now() + 1);
    expect(await ask(earliestMs - 2)).toMatchObject({ outcome: 'recovering' });
    expect(await ask(answeredMs + result.retryAfterMs)).toMatchObject({ outcome: 'admitted' });
  }
  expect(first).toBeDefined();
  await replay();
}

it('L5 after FLUSHALL nothing from before is admitted again, and every bucket knows it within a moment', () =>
  scene({}, async ({ server, store, admitSome }) => {
    const before = await admitSome(200);
    const lossMs = Date.now();
    await server.command('FLUSHALL');
    await expectOnce(store, before, lossMs);
    // All buckets were touched: whoever asks next meets a horizon that rose before his call, if any.
    expect(Number(await server.command('DBSIZE'))).toBe(1_024);
  }));

it('L5 a bucket that is gone, by DEL or UNLINK, has forgotten; the others have not', () =>
  scene({}, async ({ server, store, admitSome }) => {
    const before = await admitSome(100);
    const keys = (await server.command('KEYS', '*')).split('\n');
    const used = [];
    for (const key of keys) if (Number(await server.reply('HLEN', key)) > 1) used.push(key);
    expect(used.length).toBeGreaterThan(30);
    const lossMs = Date.now();
    for (const [index, key] of used.entries()) if (index % 2 === 0) await server.command('UNLINK', key);
    const results = await Promise.all(before.map((one) => store.admit(one)));
    expect(results.filter(({ outcome }) => outcome === 'replayed').length).toBeGreaterThan(20);
    expect(results.filter(({ outcome }) => outcome === 'recovering').length).toBeGreaterThan(20);
    await expectOnce(store, before, lossMs);
  }));

it('L5 what a server evicts, when somebody switches that on behind the store, is not admitted again', () =>
  scene({}, async ({ server, store, admitSome }) => {
    const before = await admitSome(400);
    const lossMs = Date.now();
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await server.command('CONFIG', 'SET', 'maxmemory', '1mb');
    await waitUntil('an eviction', 5_000, async () => {
      await server.command('SET', 'junk', 'x'.repeat(1_000)).catch(() => {});
      return /evicted_keys:[1-9]\d\d/.test(await server.command('INFO', 'stats')) || undefined;
    });
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    await expectOnce(store, before, lossMs);
  }));

it('L5 a restart with an older dump has lost what came after it, and a restart without one everything', () =>
  scene({ dbfilename: 'dump.rdb' }, async ({ server, store, admitSome }) => {
    const saved = await admitSome(60);
    await server.command('SAVE');
    const lost = await admitSome(60);
    for (const empty of [false, true]) {
      const lossMs = Date.now();
      await server.restart({ empty });
      await waitUntil('an answer', 5_000, async () => {
        const { outcome } = await store.admit(fresh(0));
        return outcome !== 'unavailable' || undefined;
      });
      await expectOnce(store, [...saved, ...lost], lossMs);
    }
  }));

it('L5 a server with another replication id, as after a promotion, may lack the last writes', () =>
  scene({ 'enable-debug-command': 'yes' }, async ({ server, store, admitSome }) => {
    const before = await admitSome(60);
    const lossMs = Date.now();
    await server.command('DEBUG', 'CHANGE-REPL-ID');
    // The witness is held against the server's word once a second.
    const results = await waitUntil('the new identity to be seen', 3_000, async () => {
      const all = await Promise.all(before.map((one) => store.admit(one)));
      expect(all.map(({ outcome }) => outcome)).not.toContain('admitted');
      return all.every(({ outcome }) => outcome === 'recovering') || undefined;
    });
    expect(results).toBe(true);
    await expectOnce(store, before, lossMs);
  }));
