import { describe, expect, it } from 'vitest';
import { type HashSeed, hashNonce } from '../../src/memory/nonce-hash.js';
import { createNonceTable } from '../../src/memory/nonce-table.js';

const SEED: HashSeed = [1, 2];
const T = 1_763_750_000_000;
const NONCE = hashNonce(SEED, new Uint8Array(16));

describe('the nonce table', () => {
  it('forgets what has expired before it shows what a key remembers', () => {
    const table = createNonceTable(10, SEED);
    expect(table.memoryOf('key', T)).toBeUndefined();
    table.remember('key', NONCE, T, T);
    expect(table.memoryOf('key', T)?.ring.count).toBe(1);
    expect(table.memoryOf('key', T + 1)?.ring.count).toBe(0);
  });

  it('removes a key when it has nothing left and its horizon lies outside the window', () => {
    const table = createNonceTable(1, SEED);
    table.remember('key', NONCE, T + 50, T);
    table.remember('key', NONCE, T, T);
    table.sweep(T + 50);
    expect([table.size(), table.horizonMs()]).toEqual([0, Number.NEGATIVE_INFINITY]);
    expect(table.memoryOf('key', T + 50)?.horizonMs).toBe(T + 50);
    table.sweep(T + 51);
    table.sweep(T + 51);
    expect(table.memoryOf('key', T + 51)).toBeUndefined();
    expect(table.horizonMs()).toBe(T + 50);
  });

  it('keeps the horizon of a signature that was declared dead', () => {
    const table = createNonceTable(1, SEED);
    table.declareDead('key', T);
    table.declareDead('key', T - 5);
    expect(table.memoryOf('key', T)?.horizonMs).toBe(T);
    for (let visit = 0; visit < 3; visit++) table.sweep(T + 1);
    expect([table.memoryOf('key', T + 1), table.horizonMs()]).toEqual([undefined, T]);
  });

  it('sweeps faster than new keys arrive', () => {
    const table = createNonceTable(10, SEED);
    for (let id = 0; id < 5_000; id++) table.remember(`old-${id}`, NONCE, T, T);
    for (let id = 0; id < 5_000; id++) {
      table.sweep(T + 1);
      table.remember(`new-${id}`, NONCE, T + 1, T + 1);
    }
    expect(table.size()).toBe(5_000);
  });
});
