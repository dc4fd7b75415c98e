/**
 * The attack catalogue on Redis: the lines that need it, and those of the other stores' that ask for a memory which
 * several processes share. Each verifier here has a store of its own, as each process has.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyConfig, Limits } from '@countersign/server';
import type { SignedHead } from '@countersign/testkit';
import { type RedisServer, startRedis, waitUntil } from '@countersign/testkit/redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  closeWorkers,
  KEY,
  LIMIT,
  type Outcome,
  sign,
  TOLERANCE,
  worker,
  workers,
} from './attacked-workers.js';

let shared: RedisServer;
beforeAll(async () => {
  shared = await startRedis();
});
afterEach(closeWorkers);
afterAll(() => shared.stop());

/** For how long the old master of these tests goes on, with a margin. */
const DEPOSED_WRITES_MS = 1_500;
const countOf = (outcome: Outcome, all: readonly Outcome[]): number =>
  all.filter((one) => one === outcome).length;

describe('script reload loops on any error', () => {
  it('asks the server once for each request, whatever it answers', async () => {
    const server = await startRedis();
    const { outcome } = await worker({ server });
    await sleep(TOLERANCE.futureMs + 2);
    expect(await outcome(sign())).toBe('admitted');
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    await server.command('CONFIG', 'RESETSTAT');
    for (let i = 0; i < 50; i++) expect(await outcome(sign())).toBe('store-unavailable');
    const stats = await server.command('INFO', 'commandstats');
    expect(stats).not.toContain('cmdstat_eval:');
    expect(stats).not.toContain('cmdstat_script');
    expect(Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1])).toBeLessThan(75);
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await outcome(sign())).toBe('admitted');
    await server.stop();
  });
});

describe('a deposed Redis master that still answers', () => {
  it('admits nothing that the new master admits, nor the other way round', async () => {
    const config = { 'repl-diskless-sync-delay': '0' };
    const [deposed, promoted] = await Promise.all([startRedis({ config }), startRedis({ config })]);
    await promoted.command('REPLICAOF', deposed.host, deposed.port);
    await waitUntil('a replica', 10_000, async () => {
      const info = await deposed.command('INFO', 'replication');
      return info.includes('state=online') || undefined;
    });
    const options = { limits: { orders: '9999/m' } satisfies Limits, deposedWritesMs: DEPOSED_WRITES_MS };
    const left = await worker({ server: deposed, ...options });
    await waitUntil(
      'an admission',
      8_000,
      async () => (await left.outcome(sign())) === 'admitted' || undefined,
    );
    const onLeft: SignedHead[] = [];
    const onRight: SignedHead[] = [];
    await promoted.command('REPLICAOF', 'NO', 'ONE');
    const deposedMs = Date.now();
    const right = await worker({ server: promoted, ...options });
    let recovering = 0;
    let fenced = false;
    while (Date.now() < deposedMs + DEPOSED_WRITES_MS + 2_000) {
      if (!fenced && Date.now() > deposedMs + DEPOSED_WRITES_MS - 500) {
        // As its own `min-replicas-to-write` has it, some time after its replicas have left it.
        await deposed.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
        fenced = true;
      }
      const [one, other] = [sign(), sign()];
      if ((await left.outcome(one)) === 'admitted') onLeft.push(one);
      if (onLeft.includes(one)) expect(await right.outcome(one)).toBe('store-recovering');
      const outcome = await right.outcome(other);
      if (outcome === 'admitted') onRight.push(other);
      else recovering++;
      await sleep(20);
    }
    // It did write on after the other had taken over; and both the wait and the end of it were seen.
    expect(onLeft.length).toBeGreaterThan(2);
    expect(recovering).toBeGreaterThan(2);
    expect(onRight.length).toBeGreaterThan(2);
    for (const head of onLeft) expect(await right.outcome(head)).not.toBe('admitted');
    for (const head of onRight) expect(await left.outcome(head)).not.toBe('admitted');
    await Promise.all([deposed.stop(), promoted.stop()]);
  });
});

describe('a command that runs after its deadline', () => {
  it.each(['lives', 'has ended'])(
    'writes nothing, when its process %s, and the signature that was told 503 is admitted once',
    async (fate) => {
      const server = await startRedis();
      const options = { server, timeoutMs: 100, limits: { orders: '3/m' } satisfies Limits };
      const [one, other] = await Promise.all([worker(options), worker(options)]);
      await sleep(TOLERANCE.futureMs + 2);
      expect(await one.outcome(sign())).toBe('admitted');
      server.pause();
      const waited = Array.from({ length: 10 }, () => sign());
      const asked = await Promise.all(waited.map((head) => one.outcome(head)));
      expect(asked).toEqual(Array(10).fill('store-unavailable'));
      if (fate === 'has ended') await one.close();
      await sleep(100);
      server.resume();
      const [first] = waited;
      if (first === undefined) return;
      await waitUntil(
        'an answer',
        3_000,
        async () => (await other.outcome(first)) === 'admitted' || undefined,
      );
      expect(await other.outcome(first)).toBe('replayed-nonce');
      // Of three units two are spent, and none by what came too late.
      expect([await other.outcome(sign()), await other.outcome(sign())]).toEqual([
        'admitted',
        'rate-limited',
      ]);
      await server.stop();
    },
  );
});

it('counters per worker process, each with its own count', async () => {
  const { outcomes } = await workers(4, { server: shared });
  const all: Outcome[] = [];
  for (let i = 0; i < 4 * LIMIT; i++) all.push((await outcomes[i % 4]?.(sign())) ?? 'store-unavailable');
  expect(countOf('admitted', all)).toBe(LIMIT);
  expect(countOf('rate-limited', all)).toBe(3 * LIMIT);
});

it('read-then-write counters under concurrency', async () => {
  const { outcomes } = await workers(4, { server: shared });
  const all = await Promise.all(Array.from({ length: 200 }, (_, i) => outcomes[i % 4]?.(sign())));
  expect(all.filter((outcome) => outcome === 'admitted')).toHaveLength(LIMIT);
  expect(all.filter((outcome) => outcome === 'rate-limited')).toHaveLength(200 - LIMIT);
});

it("replay inside the timestamp tolerance, faster than the limit's window", async () => {
  const { outcomes } = await workers(3, { server: shared });
  for (let round = 0; round < 5; round++) {
    const head = sign();
    const all = await Promise.all(Array.from({ length: 30 }, (_, i) => outcomes[i % 3]?.(head)));
    expect(all.filter((outcome) => outcome === 'admitted')).toHaveLength(1);
    expect(all.filter((outcome) => outcome === 'replayed-nonce')).toHaveLength(29);
  }
});

it('a denied request that burns budget, or drains a sibling limit', async () => {
  const keys = { key_1: { ...KEY, scopes: ['orders', 'refunds'] } };
  const limits: Limits = { '*': '6/m', orders: '1/m', refunds: '100/m' };
  const { outcomes } = await workers(2, { server: shared, keys, limits });
  const [one, other] = outcomes;
  expect(await one?.(sign())).toBe('admitted');
  for (let i = 0; i < 20; i++) expect(await other?.(sign())).toBe('rate-limited');
  for (let i = 0; i < 5; i++) expect(await one?.(sign(), 'refunds')).toBe('admitted');
  expect(await one?.(sign(), 'refunds')).toBe('rate-limited');
});

it('a key moved to another owner whose nonces stay behind', async () => {
  const { prefix, outcomes } = await workers(1, {
    server: shared,
    keys: { key_1: { ...KEY, owner: 'acme' } },
  });
  const heads = Array.from({ length: LIMIT }, () => sign());
  for (const head of heads) expect(await outcomes[0]?.(head)).toBe('admitted');
  const { outcome } = await worker({ server: shared, prefix, keys: { key_1: { ...KEY, owner: 'globex' } } });
  for (const head of heads) expect(await outcome(head)).not.toBe('admitted');
  await waitUntil(
    'the key at its new home',
    3_000,
    async () => (await outcome(sign())) === 'admitted' || undefined,
  );
  for (const head of heads) {
    expect(await outcome(head)).not.toBe('admitted');
    expect(await outcomes[0]?.(head)).not.toBe('admitted');
  }
});

it('an eviction that is itself the attack (junk keys push out the counter, junk nonces push out the nonce)', async () => {
  const plenty: Limits = { '*': '9999/m' };
  const keys: Record<string, KeyConfig> = {
    key_1: { ...KEY, owner: 'acme' },
    junk: { ...KEY, owner: 'acme', limits: plenty },
  };
  const { outcomes } = await workers(1, { server: shared, keys, maxNonces: 16 });
  const head = sign();
  expect(await outcomes[0]?.(head)).toBe('admitted');
  const flood = await Promise.all(Array.from({ length: 300 }, () => outcomes[0]?.(sign('junk'))));
  expect(flood).toContain('admitted');
  expect(await outcomes[0]?.(head)).toBe('replayed-nonce');
});

it('counters left without expiry', async () => {
  const { prefix, outcomes } = await workers(2, { server: shared, limits: { '*': '5/d', orders: '2/s' } });
  for (let i = 0; i < 10; i++) await outcomes[i % 2]?.(sign());
  const keys = (await shared.command('KEYS', `*${prefix}*`)).split('\n');
  expect(keys).toHaveLength(1_024);
  const lasting =
    'local n = 0 for _, k in ipairs(KEYS) do if redis.call("PTTL", k) <= 0 then n = n + 1 end end return n';
  expect(await shared.reply('EVAL', lasting, keys.length, ...keys)).toBe(0);
});

it('a restart or clock step that reopens replay', async () => {
  const server = await startRedis();
  const { outcome } = await worker({ server });
  await sleep(TOLERANCE.futureMs + 2);
  const heads = Array.from({ length: LIMIT }, () => sign());
  for (const head of heads) expect(await outcome(head)).toBe('admitted');
  await server.restart({ empty: true });
  await waitUntil('an admission', 5_000, async () => (await outcome(sign())) === 'admitted' || undefined);
  for (const head of heads) expect(await outcome(head)).toBe('store-recovering');
  await server.kill();
  // And `outage as silent success` is none either.
  expect(await outcome(sign())).toBe('store-unavailable');
  await server.stop();
});
