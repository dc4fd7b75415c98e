/** Asking what may be slow or broken: the store, and the directory of keys. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { acceptanceWindow } from '../../src/acceptance-window.js';
import { createClock } from '../../src/clock.js';
import type { KeyDirectory } from '../../src/keys/directory.js';
import { defineKey } from '../../src/keys/key.js';
import { askStore } from '../../src/steps/ask-store.js';
import { findKey } from '../../src/steps/find-key.js';
import { checkFreshness } from '../../src/steps/freshness.js';
import type { Store } from '../../src/store.js';

const T = 1_763_750_000_000;
const key = (id: string) => defineKey(id, { secret: new Uint8Array(32), scopes: [], owner: 'acme' });
const never = () => new Promise<never>(() => {});

function fakeTime() {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

describe('a store that is asked', () => {
  it('at once answers at once', () => {
    expect(askStore(() => 7, 1000)).toBe(7);
  });

  it('has its time and not a millisecond less, and then the answer is that it is unavailable', async () => {
    fakeTime();
    let answer: unknown;
    void Promise.resolve(askStore(never, 1000)).then((result) => {
      answer = result;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(answer).toBeUndefined();
    // One more for what arrived in time and is still to be read.
    await vi.advanceTimersByTimeAsync(2);
    expect(answer).toEqual({
      refused: 'store-unavailable',
      reason: 'the store gave no answer within 1000 ms',
      retryAfterMs: 1000,
    });
  });

  it('leaves no timer behind, whether it answers or fails', async () => {
    fakeTime();
    expect(await askStore(async () => 7, 1000)).toBe(7);
    expect(await askStore(() => Promise.reject(new Error('no')), 1000)).toMatchObject({
      refused: 'store-unavailable',
      reason: 'the store failed: Error: no',
    });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a directory that is asked', () => {
  const notSpent = () => false;
  const directory = (more: Partial<KeyDirectory>): KeyDirectory => ({
    peek: () => undefined,
    find: () => {
      throw new Error('asked');
    },
    ...more,
  });

  it('is not asked for what is at hand', () => {
    const known = key('key_1');
    expect(findKey(directory({ peek: () => ({ key: known }) }), 'key_1', notSpent)).toBe(known);
    expect(findKey(directory({ peek: () => ({ key: undefined }) }), 'key_1', notSpent)).toBeUndefined();
  });

  it('gives the key now or later', async () => {
    const known = key('key_1');
    expect(findKey(directory({ find: () => known }), 'key_1', notSpent)).toBe(known);
    expect(await findKey(directory({ find: async () => known }), 'key_1', notSpent)).toBe(known);
    expect(await findKey(directory({ find: async () => undefined }), 'key_1', notSpent)).toBeUndefined();
  });

  it('is not believed when it gives the key of another, at hand, now or later', async () => {
    const other = key('key_2');
    for (const found of [
      findKey(directory({ peek: () => ({ key: other }) }), 'key_1', notSpent),
      findKey(directory({ find: () => other }), 'key_1', notSpent),
      await findKey(directory({ find: async () => other }), 'key_1', notSpent),
      findKey(directory({ find: () => ({ ...key('key_1') }) }), 'key_1', notSpent),
    ]) {
      expect(found).toMatchObject({ refused: 'store-unavailable', retryAfterMs: 1000 });
    }
  });

  it('is asked on behalf of a spent address for keys alone that were proved before', () => {
    const known = key('key_1');
    const find = () => known;
    expect(findKey(directory({ find }), 'key_1', () => true)).toBeUndefined();
    expect(findKey(directory({ find, wasProved: () => false }), 'key_1', () => true)).toBeUndefined();
    expect(findKey(directory({ find, wasProved: (id) => id === 'key_1' }), 'key_1', () => true)).toBe(known);
  });
});

describe('freshness', () => {
  const window = acceptanceWindow(createClock(() => T));
  const check = (store: Partial<Store>, signedAtMs: number) =>
    checkFreshness(window, { admit: never, ...store }, 1000, key('key_1'), signedAtMs, T);
  const reason = (signedAtMs: number) => `signed at ${signedAtMs}, the clock is at ${T}`;

  it('asks no store about a fresh signature, nor about one from the future', () => {
    const declareStale = () => {
      throw new Error('asked');
    };
    expect(check({ declareStale }, T - 300_000)).toBeUndefined();
    expect(check({ declareStale }, T + 10_000)).toBeUndefined();
    expect(check({ declareStale }, T + 10_001)).toEqual({
      refused: 'future-timestamp',
      reason: reason(T + 10_001),
    });
  });

  it('has a stale signature declared dead by key, owner and time, before its client hears of it', () => {
    const declared: unknown[] = [];
    const declareStale = (...signature: unknown[]) => {
      declared.push(...signature);
      return T - 7;
    };
    expect(check({ declareStale }, T - 300_001)).toEqual({
      refused: 'stale-timestamp',
      reason: reason(T - 300_001),
      deadSinceMs: T - 7,
    });
    expect(declared).toEqual(['key_1', 'acme', T - 300_001]);
  });

  it('goes on where the store would still admit the signature', async () => {
    expect(check({ declareStale: () => undefined }, T - 300_001)).toBeUndefined();
    expect(await check({ declareStale: async () => undefined }, T - 300_001)).toBeUndefined();
  });

  it('goes by the age of the signature where the store cannot declare it dead', () => {
    expect(check({}, T - 300_001)).toMatchObject({ refused: 'stale-timestamp', deadSinceMs: T - 1 });
  });

  it('is not known while the store is unavailable', async () => {
    expect(await check({ declareStale: () => Promise.reject(new Error('no')) }, T - 300_001)).toMatchObject({
      refused: 'store-unavailable',
    });
  });
});
