/** How much is kept of nonces and how much is done at a time: whatever is looked up gives the same with more. */
import { describe, expect, it } from 'vitest';
import {
  type BucketPages,
  createBucketPages,
  offsetOf,
  pageOf,
  popBucket,
  pushBucket,
} from '../../src/memory/bucket-pages.js';
import { BUCKET_WORDS, setLink } from '../../src/memory/nonce-bucket.js';
import { type HashedNonce, type HashSeed, hashNonce } from '../../src/memory/nonce-hash.js';
import { createNonceIndex, findNonce, fitIndex, indexNonce } from '../../src/memory/nonce-index.js';
import { createNonceMemory, forgetExpired, remember, remembers } from '../../src/memory/nonce-memory.js';
import { appendNonce, createNonceRing, isLive } from '../../src/memory/nonce-ring.js';
import { createNonceTable } from '../../src/memory/nonce-table.js';

const SEED: HashSeed = [3, 4];
const T = 1_763_750_000_000;

function nonce(id: number): HashedNonce {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(8, id);
  return hashNonce(SEED, bytes);
}

/** So many nonces of the bucket with this number, where there are four. */
function noncesOf(bucket: number, count: number, from = 0): HashedNonce[] {
  const found: HashedNonce[] = [];
  for (let id = from; found.length < count; id++) {
    if ((nonce(id).hash & 3) === bucket) found.push(nonce(id));
  }
  return found;
}

describe('pages of buckets', () => {
  const room = ({ pages }: BucketPages) => pages.reduce((sum, page) => sum + page.length, 0) / BUCKET_WORDS;
  const mark = (buckets: BucketPages, bucket: number) =>
    setLink(pageOf(buckets, bucket), offsetOf(bucket), bucket);

  it('have room for a sixteenth more than is in use at most, and are full before there is another', () => {
    const buckets = createBucketPages();
    for (let count = 1; count <= 9_000; count++) {
      pushBucket(buckets);
      mark(buckets, count - 1);
      expect(buckets.count).toBe(count);
      expect(room(buckets)).toBeGreaterThanOrEqual(count);
      expect(room(buckets)).toBeLessThanOrEqual(count + (count >> 4) + 1);
      expect(buckets.pages.length).toBe(Math.ceil(count / 4096));
    }
    for (let count = 9_000; count > 0; count--) {
      expect(pageOf(buckets, count - 1)[offsetOf(count - 1)]).toBe((count - 1) << 4);
      popBucket(buckets);
      expect(buckets.pages.length).toBe(Math.ceil((count - 1) / 4096));
      const last = (buckets.pages.at(-1)?.length ?? 0) / BUCKET_WORDS;
      const used = (count - 1) % 4096;
      if (used > 0) expect(last).toBeLessThanOrEqual(2 * (used + ((count - 1) >> 4)));
    }
    expect(buckets.pages).toEqual([]);
  });
});

describe('the ring', () => {
  it('has room for four nonces at first, and for twice as many as it holds at most', () => {
    const ring = createNonceRing();
    for (let count = 1; count <= 512; count++) {
      appendNonce(ring, nonce(count), T);
      const words = ring.pages[0]?.words.length ?? 0;
      expect(words).toBeGreaterThanOrEqual(5 * count);
      expect(words).toBeLessThanOrEqual(Math.max(20, 2 * 5 * (count - 1)));
    }
    appendNonce(ring, nonce(513), T);
    expect(ring.pages.map((page) => [page?.count, page?.room, page?.words.length])).toEqual([
      [512, 512, 2560],
      [1, 512, 2560],
    ]);
  });

  it('has pages for 512 nonces as long as it holds less than 65,536, and then for 4,096', () => {
    const ring = createNonceRing();
    const one = nonce(0);
    for (let count = 0; count < 65_536 + 4_097; count++) appendNonce(ring, one, T);
    expect(ring.pages.map((page) => page?.room)).toEqual([...Array(128).fill(512), 4096, 4096]);
    expect(ring.pages.at(-1)?.words.length).toBe(5 * 4096);
  });

  it('knows which numbers it has given and not forgotten', () => {
    const ring = { ...createNonceRing(), front: 2 ** 32 - 2, next: 3 };
    const numbers = [2 ** 32 - 3, 2 ** 32 - 2, 2 ** 32 - 1, 0, 2, 3, 4];
    expect(numbers.map((seq) => isLive(ring, seq))).toEqual([false, true, true, true, true, false, false]);
  });
});

describe('the index', () => {
  it('adds as many buckets as it is told at most, and keeps them as long as they are half full', () => {
    const ring = createNonceRing();
    const index = createNonceIndex(SEED, ring);
    for (let id = 0; id < 100; id++) indexNonce(index, ring, nonce(id), appendNonce(ring, nonce(id), T));
    for (const count of [2, 3, 4]) {
      fitIndex(index, ring, 1);
      expect(index.buckets.count).toBe(count);
    }
    fitIndex(index, ring, 5);
    expect(index.buckets.count).toBe(9);
    for (let id = 0; id < 100; id++) expect(findNonce(index, ring, nonce(id))).toBe(true);
  });

  it('keeps two buckets for twelve nonces', () => {
    const memory = createNonceMemory(SEED);
    for (let id = 0; id < 12; id++) remember(memory, nonce(id), T, 100, T);
    expect(memory.index.buckets.count).toBe(2);
    fitIndex(memory.index, memory.ring, 1);
    expect(memory.index.buckets.count).toBe(2);
  });

  it('L5 loses none that is younger than what a merged bucket has forgotten, and lets go of what is empty', () => {
    const memory = createNonceMemory(SEED);
    const at = (signedAtMs: number, nonces: readonly HashedNonce[]) => {
      for (const one of nonces) remember(memory, one, signedAtMs, 1_000, T);
    };
    const young = noncesOf(1, 12);
    const later = noncesOf(1, 40, 1_000_000);
    // Four buckets. When the first eight are forgotten the last is merged into the second, whose young ones make way.
    at(T, noncesOf(0, 8));
    at(T + 1, noncesOf(3, 11));
    at(T + 2, young);
    expect(memory.index.buckets.count).toBe(4);
    forgetExpired(memory, T + 1);
    expect(memory.index.buckets.count).toBe(3);
    expect(memory.index.overflowInUse).toBe(1);
    forgetExpired(memory, T + 2);
    at(T + 3, later.slice(0, 2));
    for (const one of young) expect(remembers(memory, one)).toBe(true);
    // When they are forgotten too, what held them goes.
    forgetExpired(memory, T + 3);
    at(T + 4, later.slice(2, 8));
    for (const one of young) expect(remembers(memory, one)).toBe(false);
    expect([memory.index.overflowInUse, memory.index.overflow.count]).toEqual([0, 0]);
  });
});

describe('forgetting', () => {
  it('takes as many steps as it is told at most, a nonce each', () => {
    const memory = createNonceMemory(SEED);
    for (let id = 0; id < 10; id++) remember(memory, nonce(id), T + (id === 9 ? 100 : 0), 100, T);
    forgetExpired(memory, T + 50, 3);
    expect(memory.ring.count).toBe(7);
    forgetExpired(memory, T + 50, 100);
    expect(memory.ring.count).toBe(1);
  });

  it('takes a step for a whole page where all of it has expired', () => {
    const memory = createNonceMemory(SEED);
    for (let id = 0; id < 5_120; id++) remember(memory, nonce(id), T, 10_000, T);
    forgetExpired(memory, T + 1, 9);
    expect(memory.ring.count).toBe(512);
    forgetExpired(memory, T + 1, 1);
    expect(memory.ring.count).toBe(0);
  });

  it('keeps when the cap first cost a time, not when it cost the same again', () => {
    const memory = createNonceMemory(SEED);
    for (let id = 0; id < 3; id++) remember(memory, nonce(id), T + 7, 1, T + id);
    expect([memory.cappedMs, memory.cappedAtMs]).toEqual([T + 7, T + 1]);
  });

  it('sweeps two keys at a time', () => {
    const table = createNonceTable(10, SEED);
    for (let id = 0; id < 7; id++) table.remember(`key-${id}`, nonce(id), T, T);
    table.sweep(T + 1);
    expect(table.size()).toBe(5);
    table.sweep(T + 1);
    expect(table.size()).toBe(3);
  });
});
