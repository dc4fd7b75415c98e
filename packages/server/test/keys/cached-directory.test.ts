import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { boundedMap } from '../../src/keys/bounded-map.js';
import {
  type CachedDirectoryOptions,
  cachedDirectory,
  type FindKey,
} from '../../src/keys/cached-directory.js';
import { KeyDirectoryError } from '../../src/keys/directory.js';
import { defineKey, type KeyConfig } from '../../src/keys/key.js';

const config: KeyConfig = { secret: new Uint8Array(32), scopes: ['*'] };
const real = (id: string): KeyConfig | undefined => (id.startsWith('real') ? config : undefined);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A directory with the questions that reached the operator's function. */
function directory(find: FindKey = real, options: CachedDirectoryOptions = {}) {
  const asked: string[] = [];
  const spied: FindKey = (id, given) => {
    asked.push(id);
    return find(id, given);
  };
  return { asked, keys: cachedDirectory(spied, options) };
}

function hanging(): { readonly find: FindKey; readonly signals: AbortSignal[] } {
  const signals: AbortSignal[] = [];
  return {
    signals,
    find: (_, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    },
  };
}

describe('what the function may answer', () => {
  test('a record, a key, nothing, and each of them later', async () => {
    const key = defineKey('real', config);
    const answers: [unknown, string | undefined][] = [
      [config, 'real'],
      [key, 'real'],
      [undefined, undefined],
      [null, undefined],
      [Promise.resolve(config), 'real'],
      [Promise.resolve(undefined), undefined],
    ];
    for (const [answer, id] of answers) {
      const { keys } = directory(() => answer as KeyConfig);
      expect((await keys.find('real'))?.id).toBe(id);
      expect(keys.peek('real')?.key?.id).toBe(id);
    }
  });

  test('a key is taken as it is', async () => {
    const key = defineKey('real', config);
    expect(await directory(() => key).keys.find('real')).toBe(key);
  });

  test.each<[string, () => unknown, string, RegExp]>([
    [
      'a record that is no key',
      () => ({ ...config, scopes: 'orders' }),
      'invalid-record',
      /keys\.real\.scopes/,
    ],
    ['something else altogether', () => 'cs1s_', 'invalid-record', /keys\.real: expected an object/],
    ['an empty record', () => ({}), 'invalid-record', /keys\.real\.secret/],
    ['another key', () => defineKey('Real', config), 'invalid-record', /asked for key real, got key Real/],
    ['a rejection', () => Promise.reject(new Error('down')), 'failed', /the look-up of key real failed/],
    ['a rejection with nothing', () => Promise.reject(undefined), 'failed', /the look-up of key real failed/],
    [
      'an exception',
      () => {
        throw new Error('down');
      },
      'failed',
      /the look-up of key real failed/,
    ],
  ])('%s is a failure, is not cached and never means an unknown key', async (_, answer, reason, message) => {
    const { keys, asked } = directory(() => answer() as KeyConfig);
    for (const times of [1, 2]) {
      const error = await keys.find('real').catch((error: unknown) => error);
      expect(error).toBeInstanceOf(KeyDirectoryError);
      expect(error).toMatchObject({
        name: 'KeyDirectoryError',
        reason,
        message: expect.stringMatching(message),
      });
      expect(keys.peek('real')).toBeUndefined();
      expect(asked).toHaveLength(times);
    }
  });

  test('an error tells why, and no secret', async () => {
    const text = `cs1s_${'A'.repeat(42)}B`;
    const error = await directory(() => ({ secret: text, scopes: [] }))
      .keys.find('real')
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ cause: expect.any(TypeError) });
    expect(String(error)).toContain('keys.real.secret: expected cs1s_');
    expect(String(error)).not.toContain('AAAA');
  });

  test('hostile ids are ids like any other', async () => {
    const { keys, asked } = directory((id) => (id === '__proto__' ? config : undefined));
    expect((await keys.find('__proto__'))?.id).toBe('__proto__');
    for (const id of ['constructor', 'toString', 'hasOwnProperty']) {
      expect(keys.peek(id)).toBeUndefined();
      expect(await keys.find(id)).toBeUndefined();
      expect(keys.peek(id)).toMatchObject({ key: undefined });
    }
    expect(asked).toHaveLength(4);
  });
});

describe('time', () => {
  test('a look-up that takes too long fails within the time, is told so, and its late answer is not kept', async () => {
    let answer: (record: KeyConfig) => void = () => {};
    const late = new Promise<KeyConfig>((resolve) => {
      answer = resolve;
    });
    let told: AbortSignal | undefined;
    const { keys } = directory((_, { signal }) => {
      told = signal;
      return late;
    });
    const failure = keys.find('real').catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(told?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await failure).toMatchObject({ reason: 'timed-out' });
    expect(told?.aborted).toBe(true);
    answer(config);
    await vi.advanceTimersByTimeAsync(0);
    expect(keys.peek('real')).toBeUndefined();
  });

  test('an answer holds from when it was asked for, not from when it came', async () => {
    const { keys } = directory((id) => new Promise((resolve) => setTimeout(() => resolve(real(id)), 1_500)), {
      ttlMs: 10_000,
    });
    void keys.find('real');
    await vi.advanceTimersByTimeAsync(9_999);
    expect(keys.peek('real')?.key?.id).toBe('real');
    await vi.advanceTimersByTimeAsync(1);
    expect(keys.peek('real')).toBeUndefined();
  });

  test('an answer that outlives its time on the way is given once and not kept', async () => {
    const { keys } = directory((id) => new Promise((resolve) => setTimeout(() => resolve(real(id)), 50)), {
      ttlMs: 20,
    });
    const found = keys.find('real');
    await vi.advanceTimersByTimeAsync(50);
    expect((await found)?.id).toBe('real');
    expect(keys.peek('real')).toBeUndefined();
  });

  test('a busy key never falls out of the cache, a key that is only named does', async () => {
    const { keys } = directory();
    await keys.find('real-busy');
    await keys.find('real-named');
    for (let second = 0; second < 300; second++) {
      expect(keys.peek('real-busy')?.key?.id).toBe('real-busy');
      keys.touch('real-busy');
      keys.peek('real-named');
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(keys.peek('real-named')).toBeUndefined();
  });

  test('a refresh that fails leaves the key its time and no longer, and is tried again each second', async () => {
    let down = false;
    const { keys, asked } = directory((id) => (down ? Promise.reject(new Error('down')) : real(id)));
    await keys.find('real');
    down = true;
    for (let ms = 0; ms < 30_000; ms += 100) {
      expect(keys.peek('real')?.key?.id).toBe('real');
      keys.touch('real');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked).toHaveLength(1 + 10);
    expect(keys.peek('real')).toBeUndefined();
    await expect(keys.find('real')).rejects.toMatchObject({ reason: 'failed' });
  });

  test('a key that was taken away is gone with the next refresh', async () => {
    let there = true;
    const { keys } = directory(() => (there ? config : undefined));
    await keys.find('real');
    there = false;
    await vi.advanceTimersByTimeAsync(20_000);
    keys.touch('real');
    await vi.advanceTimersByTimeAsync(0);
    expect(keys.peek('real')).toMatchObject({ key: undefined });
  });

  test('the clock can be given', async () => {
    let nowMs = 0;
    const { keys } = directory(real, { now: () => nowMs, ttlMs: 100 });
    await keys.find('real');
    nowMs = 99;
    expect(keys.peek('real')).toBeDefined();
    nowMs = 100;
    expect(keys.peek('real')).toBeUndefined();
  });
});

describe('what is said', () => {
  test('of a function or a clock that is none', () => {
    expect(() => Reflect.apply(cachedDirectory, undefined, [5])).toThrow(
      new TypeError('find: expected a function'),
    );
    expect(() => Reflect.apply(cachedDirectory, undefined, [real, { now: 5 }])).toThrow(
      new TypeError('now: expected a function, got 5'),
    );
  });

  test('of a look-up that failed, with its cause', async () => {
    const cause = new Error('connection refused');
    const { keys } = directory(() => Promise.reject(cause));
    await expect(keys.find('real')).rejects.toMatchObject({
      ...{ name: 'KeyDirectoryError', reason: 'failed', cause },
      message: 'the look-up of key real failed',
    });
  });
});

describe('invalidate', () => {
  test('an old question that is answered ends none that was asked since', async () => {
    const answers: ((key: KeyConfig) => void)[] = [];
    const { asked, keys } = directory(() => new Promise((resolve) => answers.push(resolve)));
    const old = keys.find('real');
    await vi.advanceTimersByTimeAsync(0);
    keys.invalidate('real');
    const anew = keys.find('real');
    await vi.advanceTimersByTimeAsync(0);
    answers[0]?.(config);
    await old;
    const joined = keys.find('real');
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toEqual(['real', 'real']);
    answers[1]?.(config);
    expect(await joined).toBe(await anew);
  });

  test('wins over a look-up under way: its answer is given to who waits, and kept for nobody', async () => {
    const answers: ((record: KeyConfig) => void)[] = [];
    const { keys } = directory(() => new Promise((resolve) => answers.push(resolve)));
    const before = keys.find('real');
    await vi.advanceTimersByTimeAsync(0);
    keys.invalidate('real');
    const after = keys.find('real');
    await vi.advanceTimersByTimeAsync(0);
    answers[1]?.({ ...config, owner: 'new' });
    expect((await after)?.owner).toBe('new');
    answers[0]?.({ ...config, owner: 'old' });
    expect((await before)?.owner).toBe('old');
    expect(keys.peek('real')?.key?.owner).toBe('new');
  });

  test('also ends what is known of an id that was not there', async () => {
    let there = false;
    const { keys } = directory(() => (there ? config : undefined));
    expect(await keys.find('real')).toBeUndefined();
    there = true;
    keys.invalidate('real');
    expect((await keys.find('real'))?.id).toBe('real');
  });

  test('keeps that a key was proved, and nothing else of it', async () => {
    let there: KeyConfig | undefined = config;
    const { keys, asked } = directory(() => there);
    await keys.find('real');
    keys.touch('real');
    keys.invalidate('real');
    expect(keys.wasProved('real')).toBe(true);
    expect(keys.peek('real')).toBeUndefined();
    keys.touch('real');
    expect((await keys.find('real'))?.id).toBe('real');
    expect(asked).toEqual(['real', 'real']);
    there = undefined;
    keys.invalidate('real');
    expect(await keys.find('real')).toBeUndefined();
    // A key that is gone was proved by nobody, and neither was one that was merely named.
    expect(keys.wasProved('real')).toBe(false);
    keys.invalidate('real');
    expect(keys.wasProved('real')).toBe(false);
  });
});

describe('caps', () => {
  test('concurrent look-ups of one id share one question', async () => {
    const { keys, asked } = directory(async (id) => real(id));
    const found = await Promise.all(Array.from({ length: 100 }, () => keys.find('real')));
    expect(asked).toEqual(['real']);
    expect(new Set(found).size).toBe(1);
  });

  test('64 questions run at once, 1 024 wait, the next is refused', async () => {
    const { find, signals } = hanging();
    const { keys } = directory(find);
    const failures: unknown[] = [];
    for (let i = 0; i < 64 + 1_024 + 1; i++)
      keys.find(`junk-${i}`).catch((error) => failures.push(error.reason));
    await vi.advanceTimersByTimeAsync(0);
    expect([signals.length, failures]).toEqual([64, ['overloaded']]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(failures).toHaveLength(64 + 1_024 + 1);
  });

  test('questions about junk hold up none about a key in use', async () => {
    const junk = hanging();
    const { keys } = directory((id, options) => real(id) ?? junk.find(id, options));
    await keys.find('real');
    keys.touch('real');
    const flood = (): void => {
      for (let i = 0; i < 1_100; i++) keys.find(`junk-${i}`).catch(() => {});
    };
    await vi.advanceTimersByTimeAsync(20_000);
    flood();
    await expect(keys.find('real-new')).rejects.toMatchObject({ reason: 'overloaded' });
    keys.touch('real');
    await vi.advanceTimersByTimeAsync(29_999);
    expect(keys.peek('real')?.key?.id).toBe('real');
    await vi.advanceTimersByTimeAsync(1);
    expect(keys.peek('real')).toBeUndefined();
    flood();
    expect((await keys.find('real'))?.id).toBe('real');
  });

  test('an eviction that is itself the attack: junk ids push out no key, proved or named', async () => {
    const { keys } = directory(real, { maxKeys: 10 });
    await keys.find('real-proved');
    keys.touch('real-proved');
    await keys.find('real-named');
    for (let i = 0; i < 1_000; i++) await keys.find(`junk-${i}`);
    expect(keys.peek('real-proved')?.key?.id).toBe('real-proved');
    expect(keys.peek('real-named')?.key?.id).toBe('real-named');
    expect(keys.peek('junk-989')).toBeUndefined();
    expect(keys.peek('junk-990')).toMatchObject({ key: undefined });
  });

  test('an eviction that is itself the attack: real keys that are merely named push out none in use', async () => {
    const { keys } = directory(real, { maxKeys: 10 });
    await keys.find('real-proved');
    keys.touch('real-proved');
    for (let i = 0; i < 1_000; i++) await keys.find(`real-${i}`);
    expect(keys.peek('real-proved')?.key?.id).toBe('real-proved');
    expect(keys.peek('real-989')).toBeUndefined();
    expect(keys.peek('real-990')?.key?.id).toBe('real-990');
  });

  test('a key in use stays one when it is refreshed', async () => {
    const { keys } = directory(real, { maxKeys: 10 });
    await keys.find('real-proved');
    await vi.advanceTimersByTimeAsync(20_000);
    keys.touch('real-proved');
    await vi.advanceTimersByTimeAsync(10_000);
    for (let i = 0; i < 1_000; i++) await keys.find(`real-${i}`);
    expect(keys.peek('real-proved')?.key?.id).toBe('real-proved');
  });

  test('of the keys in use, the one that was proved longest ago goes', async () => {
    const { keys } = directory(real, { maxKeys: 2 });
    for (const id of ['real-1', 'real-2']) {
      await keys.find(id);
      keys.touch(id);
    }
    keys.touch('real-1');
    await keys.find('real-3');
    keys.touch('real-3');
    expect(['real-1', 'real-2', 'real-3'].map((id) => keys.peek(id)?.key?.id)).toEqual([
      'real-1',
      undefined,
      'real-3',
    ]);
  });

  test('touching what is not cached, or not there, asks nothing', async () => {
    const { keys, asked } = directory();
    keys.touch('real');
    await keys.find('junk');
    await vi.advanceTimersByTimeAsync(4_999);
    keys.touch('junk');
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toEqual(['junk']);
  });

  test('a bounded map holds the youngest entries, as a list with a cap does', () => {
    const step = fc.tuple(
      fc.constantFrom('set', 'delete', 'get'),
      fc.constantFrom('a', 'b', 'c', 'd', '__proto__'),
      fc.nat(9),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 40 }), (cap, steps) => {
        const map = boundedMap<number>(cap);
        let list: [string, number][] = [];
        for (const [what, id, value] of steps) {
          if (what === 'get') expect(map.get(id)).toBe(list.find(([other]) => other === id)?.[1]);
          else list = list.filter(([other]) => other !== id);
          if (what === 'delete') map.delete(id);
          if (what !== 'set') continue;
          map.set(id, value);
          list = [...list, [id, value] as [string, number]].slice(-cap);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('options', () => {
  test.each<[string, unknown]>([
    ['ttlMs', 30_001],
    ['ttlMs', 0],
    ['ttlMs', 1.5],
    ['ttlMs', Number.NaN],
    ['ttlMs', '1000'],
    ['negativeTtlMs', 30_001],
    ['negativeTtlMs', -1],
    ['maxKeys', 0],
    ['maxKeys', Number.POSITIVE_INFINITY],
    ['timeoutMs', 0],
    ['timeoutMs', 60_001],
  ])('%s of %j is refused by its name', (option, value) => {
    const make = (): unknown => Reflect.apply(cachedDirectory, undefined, [real, { [option]: value }]);
    expect(make).toThrow(RangeError);
    expect(make).toThrow(new RegExp(`^${option}: `));
  });

  test('the function is required', () => {
    expect(() => Reflect.apply(cachedDirectory, undefined, [undefined])).toThrow(TypeError);
  });

  test('the answer that there is no key holds for 5 seconds, for less with a shorter time, or not at all', async () => {
    const holds = async (options: CachedDirectoryOptions, ms: number): Promise<boolean> => {
      const { keys } = directory(real, options);
      await keys.find('junk');
      await vi.advanceTimersByTimeAsync(ms);
      return keys.peek('junk') !== undefined;
    };
    expect([await holds({}, 4_999), await holds({}, 5_000)]).toEqual([true, false]);
    expect([await holds({ ttlMs: 100 }, 99), await holds({ ttlMs: 100 }, 100)]).toEqual([true, false]);
    expect(await holds({ negativeTtlMs: 0 }, 0)).toBe(false);
    expect(await holds({ negativeTtlMs: 30_000 }, 29_999)).toBe(true);
  });
});
