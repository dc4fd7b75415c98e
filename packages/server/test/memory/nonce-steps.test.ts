/** How much one call does at most, counted: touches of the ring and of buckets, and words that are copied or made. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type HashSeed, hashNonce } from '../../src/memory/nonce-hash.js';
import {
  createNonceMemory,
  forgetExpired,
  type NonceMemory,
  remember,
  remembers,
} from '../../src/memory/nonce-memory.js';

const counted = vi.hoisted(() => ({ steps: 0 }));

/** The functions that touch memory, each call counted. */
async function counting(importOriginal: () => Promise<object>): Promise<object> {
  const functions = Object.entries(await importOriginal()).map(([name, value]) => [
    name,
    typeof value !== 'function'
      ? value
      : (...parameters: unknown[]) => {
          counted.steps += 1;
          return value(...parameters);
        },
  ]);
  return Object.fromEntries(functions);
}
vi.mock(
  import('../../src/memory/nonce-ring.js'),
  (original) => counting(original) as ReturnType<typeof original>,
);
vi.mock(
  import('../../src/memory/nonce-bucket.js'),
  (original) => counting(original) as ReturnType<typeof original>,
);

const SEED: HashSeed = [0x9e3779b9, 0x7f4a7c15];
const T = 1_763_750_000_000;
const MANY = 300_000;
/** For a bucket with a full overflow that is split; each of some 25 entries is looked at, hashed and written. */
const SPLIT_STEPS = 600;
const bytes = new Uint8Array(16);

function nonce(id: number): ReturnType<typeof hashNonce> {
  new DataView(bytes.buffer).setUint32(12, id);
  return hashNonce(SEED, bytes);
}

/** The most steps that one of these calls took. */
function most(calls: number, call: (count: number) => void): number {
  let most = 0;
  for (let count = 0; count < calls; count++) {
    counted.steps = 0;
    call(count);
    most = Math.max(most, counted.steps);
  }
  return most;
}

function filled(nonces: number): NonceMemory {
  const memory = createNonceMemory(SEED);
  for (let id = 0; id < nonces; id++) remember(memory, nonce(id), T + id, MANY, T);
  return memory;
}

afterEach(() => vi.restoreAllMocks());

describe('one call on the nonce memory of a key', () => {
  it('takes no more steps where much is remembered: to remember, at the cap, to look up', () => {
    const memory = createNonceMemory(SEED);
    const few = most(10_000, (id) => remember(memory, nonce(id), T + id, MANY, T));
    expect(few).toBeGreaterThan(40);
    expect(few).toBeLessThan(SPLIT_STEPS);
    const growing = most(MANY - 10_000, (id) => remember(memory, nonce(10_000 + id), T + id, MANY, T));
    expect(growing).toBeLessThan(SPLIT_STEPS);
    const capped = most(MANY, (id) => remember(memory, nonce(MANY + id), T + id, MANY, T));
    expect(memory.ring.count).toBe(MANY);
    expect(capped).toBeLessThan(100);
    expect(most(20_000, (id) => remembers(memory, nonce(MANY + 10 * id)))).toBeLessThan(100);
    expect(most(20_000, (id) => remembers(memory, nonce(2 * MANY + id)))).toBeLessThan(100);
  });

  it('copies and makes no more than one page of words', () => {
    const copied = vi.spyOn(Int32Array.prototype, 'set');
    filled(MANY);
    const words = copied.mock.calls.map(([source]) => (source as Int32Array).length);
    expect(words.length).toBeGreaterThan(100);
    expect(Math.max(...words)).toBeLessThanOrEqual(4096 * 16);
  });

  it('forgets all that has expired in some hundred steps, and its index at once', () => {
    const memory = filled(MANY);
    expect(most(1, () => forgetExpired(memory, T + 2 * MANY))).toBeLessThan(2_000);
    expect([memory.ring.count, memory.index.buckets.count]).toEqual([0, 1]);
    expect(memory.horizonMs).toBe(T + MANY - 1);
  });

  it('forgets most of it in bounded steps, and gives the index back a little at each visit', () => {
    const memory = filled(MANY);
    const first = most(1, () => forgetExpired(memory, T + MANY - 1_000));
    expect(first).toBeLessThan(5 * 4_096);
    expect(memory.ring.count).toBe(1_000);
    const buckets = memory.index.buckets.count;
    expect(most(1_000, () => forgetExpired(memory, T + MANY - 1_000))).toBeLessThan(400);
    expect(memory.index.buckets.count).toBe(buckets - 2_000);
    for (let id = MANY - 1_000; id < MANY; id++) expect(remembers(memory, nonce(id))).toBe(true);
  });

  it('leaves for the next visits what it has no steps for, and remembers it until then', () => {
    const memory = filled(10_000);
    const oldestMs = T + 9_000;
    forgetExpired(memory, oldestMs, 3);
    expect([memory.ring.count, memory.horizonMs]).toEqual([10_000 - 3 * 512, T + 3 * 512 - 1]);
    expect(remembers(memory, nonce(3 * 512))).toBe(true);
    expect(remembers(memory, nonce(3 * 512 - 1))).toBe(false);
    for (let visit = 0; visit < 14; visit++) forgetExpired(memory, oldestMs, 3);
    expect([memory.ring.count, memory.horizonMs]).toEqual([10_000 - 17 * 512 - 28, T + 17 * 512 + 28 - 1]);
    forgetExpired(memory, oldestMs);
    expect([memory.ring.count, memory.horizonMs]).toEqual([1_000, T + 8_999]);
  });
});
