/**
 * The nonce memories of all keys. A key that has nothing left to remember is removed, its horizon folded into one
 * horizon for all keys; by then it lies outside the acceptance window and refuses nobody.
 */
import type { HashedNonce, HashSeed } from './nonce-hash.js';
import { createNonceMemory, forgetExpired, type NonceMemory, remember } from './nonce-memory.js';
import { rotation } from './rotation.js';

interface NonceTable {
  /** Nonces in memory. */
  readonly size: () => number;
  /** The greatest signed time of a key that was removed. */
  readonly horizonMs: () => number;
  /** What is remembered of a key, without what was signed before `oldestMs`. */
  readonly memoryOf: (key: string, oldestMs: number) => NonceMemory | undefined;
  /** Adds a nonce that this key's memory does not have. */
  readonly remember: (key: string, nonce: HashedNonce, signedAtMs: number, nowMs: number) => void;
  /** Raises a key's horizon over a signature that a client was told is dead. */
  readonly declareDead: (key: string, signedAtMs: number) => void;
  /** Does a little housekeeping for keys that nobody uses. */
  readonly sweep: (oldestMs: number) => void;
}

/** More than one key a sweep, so that the sweep overtakes the admission of new keys. */
const KEYS_PER_SWEEP = 2;

/** @param maxNonces per key */
export function createNonceTable(maxNonces: number, seed: HashSeed): NonceTable {
  const memories = new Map<string, NonceMemory>();
  const nextKey = rotation(memories);
  let horizonMs = Number.NEGATIVE_INFINITY;

  const ownMemory = (key: string): NonceMemory => {
    let memory = memories.get(key);
    if (memory === undefined) {
      memory = createNonceMemory(seed);
      memories.set(key, memory);
    }
    return memory;
  };

  return {
    size: () => {
      let size = 0;
      for (const { ring } of memories.values()) size += ring.count;
      return size;
    },
    horizonMs: () => horizonMs,
    memoryOf: (key, oldestMs) => {
      const memory = memories.get(key);
      if (memory !== undefined) forgetExpired(memory, oldestMs);
      return memory;
    },
    remember: (key, nonce, signedAtMs, nowMs) => {
      remember(ownMemory(key), nonce, signedAtMs, maxNonces, nowMs);
    },
    declareDead: (key, signedAtMs) => {
      const memory = ownMemory(key);
      memory.horizonMs = Math.max(memory.horizonMs, signedAtMs);
    },
    sweep: (oldestMs) => {
      for (let visit = 0; visit < KEYS_PER_SWEEP; visit++) {
        const key = nextKey();
        const memory = key === undefined ? undefined : memories.get(key);
        if (key === undefined || memory === undefined) return;
        forgetExpired(memory, oldestMs);
        if (memory.ring.count > 0 || memory.horizonMs >= oldestMs) continue;
        memories.delete(key);
        horizonMs = Math.max(horizonMs, memory.horizonMs);
      }
    },
  };
}
