import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HashedNonce, type HashSeed, hashNonce } from '../../src/memory/nonce-hash.js';
import { createNonceIndex } from '../../src/memory/nonce-index.js';
import {
  createNonceMemory,
  forgetExpired,
  type NonceMemory,
  remember,
  remembers,
} from '../../src/memory/nonce-memory.js';

const SEED: HashSeed = [0x9e3779b9, 0x7f4a7c15];
const NEVER = Number.NEGATIVE_INFINITY;
const T = 1_763_750_000_000;

const nonces: HashedNonce[] = [];

function nonce(id: number): HashedNonce {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(12, id);
  nonces[id] ??= hashNonce(SEED, bytes);
  return nonces[id];
}

/** A memory whose sequence numbers are about to wrap. */
function memoryFrom(seq: number): NonceMemory {
  const memory = createNonceMemory(SEED);
  memory.ring.front = seq;
  memory.ring.next = seq;
  memory.index = createNonceIndex(SEED, memory.ring);
  return memory;
}

/** The same thing as a plain list. */
class Model {
  entries: { id: number; signedAtMs: number }[] = [];
  horizonMs = NEVER;
  cappedMs = NEVER;

  remember(id: number, signedAtMs: number, maxNonces: number): void {
    this.entries.push({ id, signedAtMs });
    if (this.entries.length <= maxNonces) return;
    const forgottenMs = this.forget();
    this.cappedMs = Math.max(this.cappedMs, forgottenMs);
  }

  forgetExpired(oldestMs: number): void {
    while ((this.entries[0]?.signedAtMs ?? oldestMs) < oldestMs) this.forget();
  }

  private forget(): number {
    const forgottenMs = this.entries.shift()?.signedAtMs ?? NEVER;
    this.horizonMs = Math.max(this.horizonMs, forgottenMs);
    return forgottenMs;
  }
}

function expectSame(memory: NonceMemory, model: Model, ids: number): void {
  expect(memory.ring.count).toBe(model.entries.length);
  expect([memory.horizonMs, memory.cappedMs]).toEqual([model.horizonMs, model.cappedMs]);
  const live = new Set(model.entries.map(({ id }) => id));
  for (let id = 0; id < ids; id++) {
    if (remembers(memory, nonce(id)) !== live.has(id)) throw new Error(`nonce ${id} of ${ids}`);
  }
}

const DAY_MS = 86_400_000;
const phase = fc.record({
  admissions: fc.integer({ min: 0, max: 700 }),
  jitterMs: fc.constantFrom(0, 50, 400, 100 * DAY_MS),
  paceMs: fc.constantFrom(0, 0.1, 1, 20),
  jumpMs: fc.constantFrom(0, 500, 5_000, -2_000, 60 * DAY_MS, -60 * DAY_MS),
});

describe('the nonce memory of a key', () => {
  it('L5 L9 remembers what a plain list would, through growth, expiry, caps and jumps of the clock', () => {
    fc.assert(
      fc.property(
        fc.array(phase, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(1, 2, 5, 600, 10_000),
        fc.constantFrom(0, 2 ** 32 - 8192, 2 ** 32 - 4096),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (phases, maxNonces, seq, random) => {
          const memory = memoryFrom(seq);
          const model = new Model();
          let nowMs = T;
          let id = 0;
          for (const { admissions, jitterMs, paceMs, jumpMs } of phases) {
            const [wobble = 0] = [...random.take(1)];
            for (let count = 0; count < admissions; count++) {
              nowMs += paceMs;
              // Not monotone: a page must tell its own greatest time.
              const signedAtMs = Math.floor(nowMs + jitterMs * Math.sin(count * (1 + wobble)));
              forgetExpired(memory, nowMs - 1_000);
              model.forgetExpired(nowMs - 1_000);
              remember(memory, nonce(id), signedAtMs, maxNonces, nowMs);
              model.remember(id, signedAtMs, maxNonces);
              id += 1;
            }
            nowMs += jumpMs;
            expectSame(memory, model, id);
            forgetExpired(memory, nowMs - 1_000);
            model.forgetExpired(nowMs - 1_000);
            expectSame(memory, model, id);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('finds each of 100 000 nonces, and none that differs in one word', () => {
    const memory = createNonceMemory(SEED);
    for (let id = 0; id < 100_000; id++) remember(memory, nonce(id), T, 1_000_000, T);
    for (let id = 0; id < 100_000; id++) if (!remembers(memory, nonce(id))) throw new Error(`lost ${id}`);
    for (const word of ['w0', 'w1', 'w2', 'w3'] as const) {
      const known = nonce(77);
      expect(remembers(memory, { ...known, [word]: known[word] ^ 0x40000 })).toBe(false);
    }
  });

  it('finds nonces that all fall into one bucket, until they are forgotten, and those that follow them', () => {
    const memory = createNonceMemory(SEED);
    const colliding: HashedNonce[] = [];
    for (let id = 0; colliding.length < 400; id++)
      if ((nonce(id).hash & 0xff) === 0) colliding.push(nonce(id));
    for (const [order, each] of colliding.entries()) {
      forgetExpired(memory, T + order - 200);
      expect(remembers(memory, each)).toBe(false);
      remember(memory, each, T + order, 1_000, T);
      for (let back = 0; back <= order; back++) {
        expect(remembers(memory, colliding[order - back] as HashedNonce)).toBe(back <= 200);
      }
    }
    expect(memory.index.overflowInUse).toBeLessThanOrEqual(Math.ceil(201 / 12) + 1);
    expect(memory.index.overflow.count).toBeLessThanOrEqual(Math.ceil(201 / 12) + 1);
  });

  it('raises the horizon to the signed time of what it forgets, never to a clock reading', () => {
    const memory = createNonceMemory(SEED);
    remember(memory, nonce(1), T + 7, 2, T);
    remember(memory, nonce(2), T + 3, 2, T + 1);
    expect([memory.horizonMs, memory.cappedMs, memory.cappedAtMs]).toEqual([NEVER, NEVER, NEVER]);
    remember(memory, nonce(3), T + 4, 2, T + 2);
    expect([memory.horizonMs, memory.cappedMs, memory.cappedAtMs]).toEqual([T + 7, T + 7, T + 2]);
    // The horizon does not fall, and when it rose is not forgotten.
    remember(memory, nonce(4), T + 9, 2, T + 5);
    expect([memory.horizonMs, memory.cappedMs, memory.cappedAtMs]).toEqual([T + 7, T + 7, T + 2]);
    forgetExpired(memory, T + 1_000_000);
    expect([memory.horizonMs, memory.cappedMs, memory.cappedAtMs]).toEqual([T + 9, T + 7, T + 2]);
    expect(memory.ring.count).toBe(0);
  });

  it('L9 gives its memory back when it empties and when it shrinks', () => {
    const memory = createNonceMemory(SEED);
    for (let id = 0; id < 50_000; id++) remember(memory, nonce(id), T, 1_000_000, T);
    expect(memory.index.buckets.count).toBe(6_250);
    for (let id = 50_000; id < 50_100; id++) remember(memory, nonce(id), T + 10, 1_000_000, T);
    for (let visit = 0; visit < 10_000; visit++) forgetExpired(memory, T + 5);
    expect(memory.ring.count).toBe(100);
    expect(memory.index.buckets.count).toBeLessThanOrEqual(17);
    expect(memory.index.buckets.pages[0]?.length).toBeLessThan(16 * 36);
    expect(memory.ring.pages.filter((page) => page !== undefined).length).toBeLessThanOrEqual(2);
    for (let id = 50_000; id < 50_100; id++) expect(remembers(memory, nonce(id))).toBe(true);
    forgetExpired(memory, T + 11);
    expect([memory.ring.pages.length, memory.index.buckets.count]).toEqual([0, 1]);
    expect(memory.ring.next).toBe(memory.ring.front);
  });

  it('a flood through a small cap leaves no pages behind', () => {
    const memory = memoryFrom(2 ** 32 - 4096);
    for (let id = 0; id < 200_000; id++) remember(memory, nonce(id), T, 1_000, T);
    expect(memory.ring.count).toBe(1_000);
    expect(memory.ring.pages.length).toBeLessThan(140);
    // An eighth of the buckets overflow; one in use counts twice when it stays linked until it is looked at.
    expect(memory.index.overflow.count).toBeLessThan(memory.index.buckets.count / 3);
    expect(memory.index.buckets.count).toBeLessThanOrEqual(126);
    for (let id = 199_000; id < 200_000; id++) expect(remembers(memory, nonce(id))).toBe(true);
    expect(remembers(memory, nonce(198_999))).toBe(false);
  });
});
