import fc from 'fast-check';
import { parseList } from 'structured-headers';
import { describe, expect, test } from 'vitest';
import { rateLimitFields } from '../src/rate-limit-fields.js';
import type { BudgetLevel } from '../src/store.js';

const level = (more: Partial<BudgetLevel> = {}): BudgetLevel => ({
  policy: 'orders:write 60/60s',
  limit: 60,
  windowMs: 60_000,
  remaining: 12,
  resetMs: 3_000,
  ...more,
});

interface Member {
  readonly name: unknown;
  readonly [parameter: string]: unknown;
}

/** Reads a field as a client would. */
function read(fields: Record<string, string>, name: 'ratelimit' | 'ratelimit-policy'): Member[] {
  return parseList(fields[name] ?? '').map(([name, parameters]) => ({
    name,
    ...Object.fromEntries(parameters),
  }));
}

describe('the RateLimit fields', () => {
  test('are Lists of Strings with q and w, r and t', () => {
    expect(rateLimitFields([level(), level({ policy: '* 1000/60s', limit: 1_000, remaining: 999 })])).toEqual(
      {
        'ratelimit-policy': '"orders:write 60/60s";q=60;w=60, "* 1000/60s";q=1000;w=60',
        ratelimit: '"orders:write 60/60s";r=12;t=3, "* 1000/60s";r=999;t=3',
      },
    );
  });

  test('are not there where there is no budget: an empty List is no field', () => {
    expect(rateLimitFields([])).toEqual({});
  });

  test.each([
    [0, 0],
    [1, 1],
    [999, 1],
    [1_000, 1],
    [1_001, 2],
    [59_999.5, 60],
  ])('a reset of %d ms is told as %d s, so that who waits that long has waited long enough', (resetMs, t) => {
    expect(read(rateLimitFields([level({ resetMs })]), 'ratelimit')).toEqual([
      { name: 'orders:write 60/60s', r: 12, t },
    ]);
  });

  test.each([1, 500, 999, 1_000])(
    'sub-second windows that floor to zero: a window of %d ms is told as one second',
    (windowMs) => {
      expect(read(rateLimitFields([level({ windowMs })]), 'ratelimit-policy')).toEqual([
        { name: 'orders:write 60/60s', q: 60, w: 1 },
      ]);
    },
  );

  test('a field that is parsed gives back every level, in its order', () => {
    const levels = fc.array(
      fc.record({
        // What a String may hold; policies hold less.
        policy: fc.string({ unit: fc.constantFrom(...'abzAZ019 *:+/."\\;,=._~-'), maxLength: 40 }),
        limit: fc.integer({ min: 1, max: 1_000_000_000 }),
        windowMs: fc.integer({ min: 1, max: 366 * 86_400_000 }),
        remaining: fc.integer({ min: 0, max: 1_000_000_000 }),
        // Monotonic clocks have fractions.
        resetMs: fc.integer({ min: 0, max: 366 * 86_400_000 * 8 }).map((eighths) => eighths / 8),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(levels, (levels) => {
        const fields = rateLimitFields(levels);
        expect(Object.keys(fields)).toEqual(['ratelimit-policy', 'ratelimit']);
        const seconds = (ms: number): number => Math.floor(ms / 1_000) + (ms % 1_000 === 0 ? 0 : 1);
        expect(read(fields, 'ratelimit-policy')).toEqual(
          levels.map(({ policy, limit, windowMs }) => ({ name: policy, q: limit, w: seconds(windowMs) })),
        );
        expect(read(fields, 'ratelimit')).toEqual(
          levels.map(({ policy, remaining, resetMs }) => ({
            name: policy,
            r: remaining,
            t: seconds(resetMs),
          })),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
