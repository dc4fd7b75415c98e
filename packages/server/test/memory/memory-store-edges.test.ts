import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { acceptanceWindow } from '../../src/acceptance-window.js';
import { createClock } from '../../src/clock.js';
import { memoryStore } from '../../src/memory/memory-store.js';
import { type MemoryStoreOptions, memoryStoreSettings } from '../../src/memory/memory-store-options.js';
import type { Admission, AdmissionResult, Store } from '../../src/store.js';

const T = 1_763_750_000_000;
let nowMs = T;
let nonces = 0;
let directory = '';

beforeEach(() => {
  nowMs = T;
  directory = mkdtempSync(join(tmpdir(), 'countersign-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function open(options: MemoryStoreOptions = {}): Store {
  const store = memoryStore({ onWarning: () => {}, ...options });
  onTestFinished(() => store.close());
  store.attach(
    acceptanceWindow(
      createClock(
        () => nowMs,
        () => nowMs - T,
      ),
    ),
  );
  return store;
}

function signed(signedAtMs: number): Admission {
  const nonce = new Uint8Array(16).fill(nonces++);
  return { key: 'key', owner: 'key', nonce, signedAtMs, charges: [] };
}

/** Admits, however long the disk takes. */
async function admit(store: Store, admission: Admission): Promise<AdmissionResult> {
  let result = await store.admit(admission);
  for (let again = 0; result.outcome === 'unavailable' && again < 20; again++)
    result = await store.admit(admission);
  return result;
}

describe('since when a signature under a horizon is dead', () => {
  it('is since the start where an earlier process may have admitted it, the horizon itself included', () => {
    const store = open({ horizonFile: join(directory, 'horizon') });
    nowMs += 5;
    for (const signedAtMs of [T, T + 9_999, T + 10_000]) {
      expect(store.admit(signed(signedAtMs))).toMatchObject({ outcome: 'recovering', deadSinceMs: T });
    }
  });

  it('is since the cap was reached for what was forgotten since the start', async () => {
    const store = open({ horizonFile: join(directory, 'horizon'), maxNonces: 1 });
    nowMs += 20_000;
    const first = signed(nowMs);
    expect(await admit(store, first)).toMatchObject({ outcome: 'admitted' });
    nowMs += 100;
    expect(await admit(store, signed(nowMs))).toMatchObject({ outcome: 'admitted' });
    nowMs += 100;
    expect(await store.admit(first)).toMatchObject({ outcome: 'recovering', deadSinceMs: T + 20_100 });
  });

  it('is now for what was forgotten for its age, or declared dead', () => {
    const store = open();
    const stale = signed(T - 300_001);
    expect(store.admit(stale)).toEqual({ outcome: 'stale', deadSinceMs: T - 1 });
    // Back by less than a step of the clock.
    nowMs -= 100;
    expect(store.admit(stale)).toEqual({ outcome: 'recovering', deadSinceMs: T - 100, retryAfterMs: 0 });
  });
});

describe('with a horizon file', () => {
  it('nobody hears that a signature is stale before a restart would know it too', async () => {
    const store = open({ horizonFile: join(directory, 'horizon') });
    const answer = store.admit(signed(T - 300_001));
    expect(answer).toBeInstanceOf(Promise);
    expect(['stale', 'unavailable']).toContain((await answer).outcome);
    expect(await admit(store, signed(T - 300_001))).toEqual({ outcome: 'stale', deadSinceMs: T });
  });

  it('a store that was never attached lets the file go', async () => {
    const horizonFile = join(directory, 'horizon');
    await memoryStore({ horizonFile }).close();
    await memoryStore({ horizonFile }).close();
  });
});

it('without a file there is nothing to wait for at the end', () => {
  expect(memoryStore().close()).toBeUndefined();
});

it('says that it has to be attached first', () => {
  const unattached = new TypeError('store: attach an acceptance window before admitting');
  expect(() => memoryStore().admit(signed(T))).toThrow(unattached);
  expect(() => memoryStore().declareStale('key', 'key', T)).toThrow(unattached);
});

describe('options', () => {
  it.each<[unknown, Error]>([
    [5, new TypeError('options: expected an object, got 5')],
    [{ horizonFile: '' }, new TypeError('horizonFile: expected the path of a file')],
    [{ horizonFile: 7 }, new TypeError('horizonFile: expected the path of a file')],
    [{ horizonFile: ['a'] }, new TypeError('horizonFile: expected the path of a file')],
    [{ onWarning: 'console' }, new TypeError('onWarning: expected a function')],
    [{ hashSeed: 7 }, new TypeError('hashSeed: expected two words')],
    [{ hashSeed: [1, 2, 3] }, new TypeError('hashSeed: expected two words')],
    [
      { hashSeed: [2 ** 32, 0] },
      new RangeError('hashSeed: expected a whole number from 0 to 4294967295, got 4294967296'),
    ],
    [
      { maxNonces: 2 ** 30 + 1 },
      new RangeError('maxNonces: expected a whole number from 1 to 1073741824, got 1073741825'),
    ],
    [
      { maxBudgetsPerOwner: 2 ** 24 + 1 },
      new RangeError('maxBudgetsPerOwner: expected a whole number from 1 to 16777216, got 16777217'),
    ],
  ])('of %j are refused by their names', (options, error) => {
    expect(() => Reflect.apply(memoryStoreSettings, undefined, [options])).toThrow(error);
  });

  it('may be as great as they say, and are completed', () => {
    const hashSeed = [2 ** 32 - 1, 0] as const;
    const greatest = { maxNonces: 2 ** 30, maxBudgetsPerOwner: 2 ** 24, hashSeed, horizonFile: 'a' };
    expect(memoryStoreSettings(greatest)).toMatchObject(greatest);
    const { hashSeed: words, ...rest } = memoryStoreSettings({});
    expect(rest).toMatchObject({ maxNonces: 1_000_000, maxBudgetsPerOwner: 10_000, horizonFile: undefined });
    expect(words).not.toEqual(memoryStoreSettings({}).hashSeed);
  });

  it('a warning that cannot be told is logged by the name of the option', () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => log.mockRestore());
    const onWarning = () => {
      throw new Error('deaf');
    };
    memoryStoreSettings({ onWarning }).onWarning('the mark');
    expect(String(log.mock.calls[0])).toContain('onWarning');
  });
});
