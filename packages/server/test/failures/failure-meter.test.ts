import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/clock.js';
import { type FailureMeter, type FailureOptions, failureMeter } from '../../src/failures/failure-meter.js';

/** A meter and its clock, which stands until it is told to go on. */
function meter(options: FailureOptions = {}): {
  readonly meter: FailureMeter;
  readonly pass: (ms: number) => void;
} {
  let nowMs = 0.25;
  const clock: Clock = {
    nowMs: () => 0,
    monotonicMs: () => nowMs,
    monotonicThenMs: () => nowMs,
    steadySinceMs: () => 0,
    distrustPast: () => {},
    follow: () => {},
  };
  return {
    meter: failureMeter(options, clock),
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

function record(meter: FailureMeter, group: string | undefined, times: number): void {
  for (let i = 0; i < times; i++) meter.record(group);
}

describe('a group', () => {
  test('is spent after 60 refusals in a minute, by default', () => {
    const { meter: failures, pass } = meter();
    expect(failures.policy).toEqual({ policy: 'failures', limit: 60, windowMs: 60_000 });
    record(failures, 'a', 59);
    expect([failures.isSpent('a'), failures.waitMs('a')]).toEqual([false, 0]);
    failures.record('a');
    expect([failures.isSpent('a'), failures.waitMs('a')]).toEqual([true, 60_000]);
    expect(failures.isSpent('b')).toBe(false);
    pass(59_999);
    expect([failures.isSpent('a'), failures.waitMs('a')]).toEqual([true, 1]);
    pass(1);
    expect([failures.isSpent('a'), failures.waitMs('a')]).toEqual([false, 0]);
  });

  test('that is spent is not counted on, so it is free again after the wait that was told', () => {
    const { meter: failures, pass } = meter({ limit: 2, windowMs: 1_000 });
    record(failures, 'a', 2);
    pass(500);
    record(failures, 'a', 1_000);
    expect(failures.waitMs('a')).toBe(500);
    pass(500);
    expect(failures.isSpent('a')).toBe(false);
  });

  test('beyond the cap is spent with others, and by itself convicted of nothing', () => {
    const { meter: failures } = meter({ limit: 1, maxAddresses: 1 });
    record(failures, 'own', 1);
    record(failures, 'shared', 1);
    const spent = (group: string | undefined) => [failures.isSpent(group), failures.isSpentByItself(group)];
    expect(spent('own')).toEqual([true, true]);
    expect(spent('shared')).toEqual([true, false]);
    expect(spent('unheard of')).toEqual([true, false]);
    expect(spent(undefined)).toEqual([false, false]);
    expect(failures.waitMs(undefined)).toBe(0);
  });

  test('without an address is never spent and not counted', () => {
    const { meter: failures } = meter({ limit: 1, maxAddresses: 1 });
    record(failures, undefined, 100);
    expect([failures.isSpent(undefined), failures.waitMs(undefined)]).toEqual([false, 0]);
    failures.record('a');
    expect(failures.isSpent('b')).toBe(false);
  });

  test('may have any name', () => {
    const { meter: failures } = meter({ limit: 1 });
    for (const group of ['__proto__', 'constructor', '']) {
      expect(failures.isSpent(group)).toBe(false);
      failures.record(group);
      expect(failures.isSpent(group)).toBe(true);
    }
  });
});

describe('a full table', () => {
  test('never evicts a live entry; addresses beyond the cap share one count of their own', () => {
    const { meter: failures } = meter({ limit: 2, maxAddresses: 3 });
    for (const group of ['a', 'b', 'c']) record(failures, group, 1);
    record(failures, 'd', 1);
    record(failures, 'e', 1);
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map(failures.isSpent)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
    record(failures, 'a', 1);
    expect(failures.isSpent('a')).toBe(true);
    for (let i = 0; i < 1_000; i++) failures.record(`junk-${i}`);
    expect(['a', 'b', 'c'].map(failures.isSpent)).toEqual([true, false, false]);
  });

  test('has a place again when an entry is idle', () => {
    const { meter: failures, pass } = meter({ limit: 1, windowMs: 1_000, maxAddresses: 2 });
    failures.record('a');
    pass(600);
    failures.record('b');
    failures.record('c');
    expect(['c', 'd'].map(failures.isSpent)).toEqual([true, true]);
    pass(400);
    expect(['d', 'c', 'b', 'a'].map(failures.isSpent)).toEqual([false, false, true, false]);
    failures.record('d');
    expect(['c', 'd'].map(failures.isSpent)).toEqual([true, true]);
  });
});

test('a meter says what lists of times say, after every step', () => {
  const MAX = 3;
  const LIMIT = 3;
  const WINDOW_MS = 1_000;
  const group = fc.constantFrom('a', 'b', 'c', 'd', 'e', undefined);
  const passes = fc.constantFrom(0, 1, 333, 999, 1_000, 2_500).map((ms) => ({ ms }));
  const records = group.map((group) => ({ group }));
  fc.assert(
    fc.property(fc.array(fc.oneof(records, records, passes), { maxLength: 80 }), (steps) => {
      const { meter: failures, pass } = meter({ limit: LIMIT, windowMs: WINDOW_MS, maxAddresses: MAX });
      let nowMs = 0;
      const own = new Map<string, number[]>();
      const shared: number[] = [];
      const used = (times: readonly number[]): number[] => times.filter((atMs) => atMs + WINDOW_MS > nowMs);
      const timesOf = (group: string): number[] => {
        const times = own.get(group) ?? [];
        if (used(times).length > 0) return times;
        return [...own.values()].filter((times) => used(times).length > 0).length < MAX ? times : shared;
      };
      const expectedWaitMs = (group: string | undefined): number => {
        const times = group === undefined ? [] : used(timesOf(group));
        return times.length < LIMIT ? 0 : (times.at(-LIMIT) ?? 0) + WINDOW_MS - nowMs;
      };
      const groups = ['a', 'b', 'c', 'd', 'e', undefined];
      for (const step of steps) {
        if ('ms' in step) {
          nowMs += step.ms;
          pass(step.ms);
        } else {
          failures.record(step.group);
          if (step.group !== undefined && expectedWaitMs(step.group) === 0) {
            const times = timesOf(step.group);
            times.push(nowMs);
            if (times !== shared) own.set(step.group, times);
          }
        }
        // In another order each time: asking for one must not change what is said of the next.
        for (const group of groups.reverse()) {
          expect([group, failures.waitMs(group)]).toEqual([group, expectedWaitMs(group)]);
          expect(failures.isSpent(group)).toBe(expectedWaitMs(group) > 0);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

test.each<[string, unknown]>([
  ['limit', 0],
  ['limit', 1.5],
  ['limit', '60'],
  ['windowMs', 999],
  ['windowMs', 86_400_001],
  ['windowMs', Number.NaN],
  ['maxAddresses', 0],
  ['maxAddresses', Number.POSITIVE_INFINITY],
])('%s of %j is refused by its name', (option, value) => {
  const make = (): unknown => meter({ [option]: value } as FailureOptions);
  expect(make).toThrow(RangeError);
  expect(make).toThrow(new RegExp(`^failures\\.${option}: `));
});
