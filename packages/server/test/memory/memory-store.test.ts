import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acceptanceWindow } from '../../src/acceptance-window.js';
import { createClock } from '../../src/clock.js';
import { type MemoryStore, memoryStore } from '../../src/memory/memory-store.js';
import type { MemoryStoreOptions } from '../../src/memory/memory-store-options.js';
import type { Admission, AdmissionResult } from '../../src/store.js';

const T = 1_763_750_000_000;

let wallMs = T;
let monotonicMs = 0;
let directory = '';
let horizonFile = '';
let warnings: string[] = [];
let nonces = 0;
let opened: MemoryStore[] = [];

beforeEach(() => {
  wallMs = T;
  monotonicMs = 0;
  warnings = [];
  opened = [];
  directory = mkdtempSync(join(tmpdir(), 'countersign-'));
  horizonFile = join(directory, 'horizon');
});

afterEach(async () => {
  for (const store of opened) await store.close();
  rmSync(directory, { recursive: true });
});

function advance(ms: number): void {
  wallMs += ms;
  monotonicMs += ms;
}

function open(options: MemoryStoreOptions = {}): MemoryStore {
  const store = memoryStore({ onWarning: (message) => warnings.push(message), ...options });
  opened.push(store);
  store.attach(
    acceptanceWindow(
      createClock(
        () => wallMs,
        () => monotonicMs,
      ),
    ),
  );
  return store;
}

function signed(signedAtMs: number, key = 'key'): Admission {
  const nonce = new Uint8Array(16);
  new DataView(nonce.buffer).setUint32(4, nonces++);
  return { key, owner: key, nonce, signedAtMs, charges: [] };
}

/** The answer of a store whose disk may be busy with other tests. */
async function patiently(store: MemoryStore, admission: Admission): Promise<AdmissionResult> {
  let result = await store.admit(admission);
  for (let again = 0; result.outcome === 'unavailable' && again < 20; again++)
    result = await store.admit(admission);
  return result;
}

/** The answer of a store that answers at once. */
function atOnce(result: AdmissionResult | Promise<AdmissionResult>): AdmissionResult {
  if (result instanceof Promise) throw new Error('the store has to wait');
  return result;
}

describe('the memory store', () => {
  it('answers at once', () => {
    expect(atOnce(open().admit(signed(T)))).toEqual({ outcome: 'admitted', levels: [] });
  });

  it.each<[string, MemoryStoreOptions | Record<string, unknown>, ErrorConstructor]>([
    ['maxNonces', { maxNonces: 0 }, RangeError],
    ['maxNonces', { maxNonces: 1.5 }, RangeError],
    ['maxNonces', { maxNonces: 2 ** 30 + 1 }, RangeError],
    ['maxNonces', { maxNonces: '5' }, RangeError],
    ['maxBudgetsPerOwner', { maxBudgetsPerOwner: Number.NaN }, RangeError],
    ['horizonFile', { horizonFile: '' }, TypeError],
    ['horizonFile', { horizonFile: 7 }, TypeError],
    ['onWarning', { onWarning: 'console' }, TypeError],
    ['hashSeed', { hashSeed: [1] }, TypeError],
    ['hashSeed', { hashSeed: [1, -1] }, RangeError],
  ])('L11 names a wrong option: %s of %j', (name, options, error) => {
    expect(() => memoryStore(options)).toThrow(error);
    expect(() => memoryStore(options)).toThrow(new RegExp(`^${name}: `));
  });

  it('has to be attached first', () => {
    const store = memoryStore();
    expect(() => store.admit(signed(T))).toThrow(TypeError);
    expect(() => store.declareStale('key', 'key', T)).toThrow(TypeError);
  });

  it('admits nothing once it is closed', async () => {
    const store = open();
    await store.close();
    await store.close();
    expect(store.admit(signed(T))).toMatchObject({ outcome: 'unavailable', reason: 'the store is closed' });
    expect(() => store.declareStale('key', 'key', T)).toThrow('the store is closed');
  });

  it('L9 keeps no more nonces than were admitted in the acceptance window', () => {
    const store = open();
    const admittedAt: number[] = [];
    for (let count = 0; count < 20_000; count++) {
      advance(count % 97);
      atOnce(store.admit(signed(wallMs + ((count * 7_919) % 10_001))));
      admittedAt.push(wallMs);
      if (count % 500 > 0) continue;
      const inside = admittedAt.filter((atMs) => atMs >= wallMs - 310_000).length;
      expect(store.size).toBeLessThanOrEqual(inside);
      expect(store.size).toBeGreaterThan(inside * 0.9);
    }
  });

  it('L9 forgets the keys that nobody uses while others are served', () => {
    const store = open();
    for (let id = 0; id < 3_000; id++) atOnce(store.admit(signed(T, `key-${id}`)));
    expect(store.size).toBe(3_000);
    advance(300_001);
    for (let count = 0; count < 1_600; count++) atOnce(store.admit(signed(wallMs)));
    expect(store.size).toBe(1_600);
  });

  it('L9 tells since when a signature is dead that the cap pushed out', () => {
    const store = open({ maxNonces: 1 });
    const first = signed(T);
    atOnce(store.admit(first));
    advance(5_000);
    atOnce(store.admit(signed(wallMs)));
    advance(5_000);
    expect(store.admit(first)).toEqual({ outcome: 'recovering', deadSinceMs: T + 5_000, retryAfterMs: 0 });
    // A clock that was set since then vouches for nothing before.
    wallMs += 60_000;
    expect(store.admit(first)).toMatchObject({ outcome: 'recovering', deadSinceMs: T + 70_000 });
  });

  it('L5 refuses what it has forgotten when the clock is set back, whoever signed it', () => {
    const store = open();
    const early = [signed(T), signed(T + 10, 'other')];
    for (const admission of early) atOnce(store.admit(admission));
    advance(400_000);
    for (let count = 0; count < 10; count++) atOnce(store.admit(signed(wallMs, 'third')));
    expect(store.size).toBe(10);
    wallMs -= 400_000;
    for (const admission of early) expect(store.admit(admission)).toMatchObject({ outcome: 'recovering' });
    expect(store.admit(signed(T + 11, 'new'))).toMatchObject({ outcome: 'admitted' });
  });
});

describe('the memory store with a horizon file', () => {
  it('refuses what was signed until now + future where the file is new, and says so', async () => {
    const store = open({ horizonFile });
    expect(warnings).toHaveLength(1);
    expect(atOnce(store.admit(signed(T + 10_000)))).toEqual({
      outcome: 'recovering',
      deadSinceMs: T,
      retryAfterMs: 10_001,
    });
    advance(10_001);
    expect(await patiently(store, signed(wallMs))).toMatchObject({ outcome: 'admitted' });
  });

  it('answers at once but for the first admission', async () => {
    const store = await settled();
    advance(60_000);
    expect(await patiently(store, signed(wallMs))).toMatchObject({ outcome: 'admitted' });
    for (let count = 0; count < 900; count++) {
      advance(1);
      expect(atOnce(store.admit(signed(wallMs)))).toMatchObject({ outcome: 'admitted' });
    }
  });

  it('judges anew after the wait: of two copies that waited one is admitted', async () => {
    const store = await settled();
    advance(60_000);
    const admission = signed(wallMs);
    const results = await Promise.all([store.admit(admission), store.admit(admission)]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['admitted', 'replayed']);
    advance(60_000);
    const late = store.admit(signed(wallMs));
    advance(300_001);
    expect(await late).toMatchObject({ outcome: 'stale' });
  });

  it('a clean restart costs nothing but what was signed before the last admission', async () => {
    let store = await settled();
    const last = signed(wallMs);
    await patiently(store, last);
    await store.close();
    warnings = [];
    advance(1);
    store = open({ horizonFile });
    expect(await patiently(store, signed(wallMs))).toMatchObject({ outcome: 'admitted' });
    expect(await store.admit(last)).toEqual({ outcome: 'recovering', deadSinceMs: wallMs, retryAfterMs: 0 });
    expect(warnings).toEqual([]);
  });

  it.each([
    [
      'damaged',
      () => writeFileSync(horizonFile, readFileSync(horizonFile, 'latin1').replace('mark=0', 'mark=1')),
    ],
    ['truncated', () => writeFileSync(horizonFile, readFileSync(horizonFile).subarray(0, 700))],
    ['emptied', () => writeFileSync(horizonFile, '')],
    ['missing', () => rmSync(horizonFile)],
  ])('a file that is %s means horizon = now + future, said aloud', async (_, spoil) => {
    await (await settled()).close();
    spoil();
    warnings = [];
    const store = open({ horizonFile });
    expect(warnings).toHaveLength(1);
    expect(store.admit(signed(wallMs + 10_000))).toMatchObject({
      outcome: 'recovering',
      retryAfterMs: 10_001,
    });
    advance(10_001);
    expect(await patiently(store, signed(wallMs))).toMatchObject({ outcome: 'admitted' });
    await store.close();
    warnings = [];
    await open({ horizonFile }).close();
    expect(warnings).toEqual([]);
  });

  it('what was declared stale stays dead across a restart and a clock set back', async () => {
    let store = await settled();
    advance(3_600_000);
    const stale = signed(wallMs - 300_001);
    expect(await store.declareStale('key', 'key', stale.signedAtMs)).toBe(wallMs - 1);
    await store.close();
    wallMs -= 200_000;
    store = open({ horizonFile });
    expect(await store.admit(stale)).toMatchObject({ outcome: 'recovering' });
  });

  it('says so when the mark lies ahead of the clock', async () => {
    await (await settled()).close();
    wallMs -= 3_600_000;
    warnings = [];
    const store = open({ horizonFile });
    expect(warnings[0]).toMatch(/lies ahead of the clock/);
    expect(store.admit(signed(wallMs))).toMatchObject({ outcome: 'recovering' });
  });

  it.runIf(process.platform === 'linux')(
    'L12 is unavailable while its disk is full, and throws nothing',
    async () => {
      const store = open({ horizonFile: '/dev/full' });
      advance(10_001);
      const result = await store.admit(signed(wallMs));
      expect(result).toMatchObject({ outcome: 'unavailable', retryAfterMs: 1_000 });
      expect(result).toHaveProperty('reason', expect.stringMatching(/^horizonFile: cannot write .*ENOSPC/));
      expect(store.size).toBe(0);
      await expect(store.declareStale('key', 'key', wallMs - 300_001)).rejects.toThrow('ENOSPC');
    },
  );

  it('warns on the console unless it is told where', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    open({ horizonFile, onWarning: undefined });
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });

  /** A store that is past its first start. */
  async function settled(): Promise<MemoryStore> {
    const store = open({ horizonFile });
    advance(10_001);
    expect(await patiently(store, signed(wallMs))).toMatchObject({ outcome: 'admitted' });
    return store;
  }
});
