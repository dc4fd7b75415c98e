import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  charge,
  createRateWindow,
  idleAtMs,
  type RateWindow,
  remaining,
  resetMs,
  waitMs,
} from '../src/rate-window.js';

const RUNS = { numRuns: 1000 };
const DAY_MS = 86_400_000;

interface Taken {
  readonly atMs: number;
  readonly cost: number;
}

/** Takes what fits, as a store does. */
function attempt(window: RateWindow, cost: number, atMs: number): boolean {
  if (waitMs(window, cost, atMs) !== 0) return false;
  charge(window, cost, atMs);
  return true;
}

/** The most units in any half-open window; the fullest one begins at an admission. */
function fullestWindow(taken: readonly Taken[], windowMs: number): number {
  let fullest = 0;
  let units = 0;
  let end = 0;
  for (const start of taken) {
    for (let next = taken[end]; next !== undefined && next.atMs < start.atMs + windowMs; next = taken[end]) {
      units += next.cost;
      end += 1;
    }
    fullest = Math.max(fullest, units);
    units -= start.cost;
  }
  return fullest;
}

/** Times that sit on, just before and just after every edge that an implementation may have. */
function burstsOnEdges(limit: number, windowMs: number): Taken[] {
  const attempts: Taken[] = [];
  const edges = [windowMs, windowMs / 64, windowMs / 2, windowMs / limit, windowMs + windowMs / 64];
  for (const edge of edges) {
    for (let count = 1; count <= 12; count++) {
      for (const nudge of [-1, -0.001, 0, 0.001, 1]) {
        for (const cost of [1, Math.ceil(limit / 3), limit]) {
          const atMs = Math.max(0, count * edge + nudge);
          for (let repeat = 0; repeat < Math.min(limit, 20); repeat++) attempts.push({ atMs, cost });
        }
      }
    }
  }
  return attempts.sort((a, b) => a.atMs - b.atMs);
}

const rate = fc
  .record({ limit: fc.integer({ min: 1, max: 400 }), windowMs: fc.integer({ min: 1, max: 5_000 }) })
  .map(({ limit, windowMs }) => ({ limit, windowMs }));

/** Gaps that often make a time fall on the edge of a window that began earlier. */
function gaps(windowMs: number): fc.Arbitrary<number[]> {
  const slice = windowMs / 64;
  return fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 2, arbitrary: fc.constantFrom(1, 0.25, slice, windowMs - 1, windowMs, windowMs + slice) },
      { weight: 2, arbitrary: fc.double({ min: 0, max: windowMs, noNaN: true }) },
    ),
    { minLength: 1, maxLength: 200 },
  );
}

const history = rate.chain(({ limit, windowMs }) =>
  fc.record({
    limit: fc.constant(limit),
    windowMs: fc.constant(windowMs),
    startMs: fc.constantFrom(0, 0.5, 1_763_750_000_000),
    gaps: gaps(windowMs),
    costs: fc.array(fc.integer({ min: 1, max: Math.max(1, Math.ceil(limit / 2)) }), {
      minLength: 1,
      maxLength: 10,
    }),
  }),
);

describe('a rate window', () => {
  it('L7 admits at most its limit in any half-open window, wherever it starts', () => {
    fc.assert(
      fc.property(history, ({ limit, windowMs, startMs, gaps, costs }) => {
        const window = createRateWindow(limit, windowMs);
        const taken: Taken[] = [];
        let atMs = startMs;
        gaps.forEach((gap, index) => {
          atMs += gap;
          const cost = costs[index % costs.length] ?? 1;
          if (attempt(window, cost, atMs)) taken.push({ atMs, cost });
        });
        expect(taken.length).toBeGreaterThan(0);
        expect(fullestWindow(taken, windowMs)).toBeLessThanOrEqual(limit);
      }),
      RUNS,
    );
  });

  it.each([
    [1, 1_000],
    [5, 1_000],
    [60, 60_000],
    [100, 60_000],
    [127, 60_000],
    [128, 60_000],
    [129, 60_000],
    [1_000, 60_000],
    [3_600, 3_600_000],
    [10_000, DAY_MS],
  ])(
    'L7 holds for %d in %d ms with bursts on every edge, each admission taken as a start',
    (limit, windowMs) => {
      const window = createRateWindow(limit, windowMs);
      const taken = burstsOnEdges(limit, windowMs).filter(({ cost, atMs }) => attempt(window, cost, atMs));
      const fullest = fullestWindow(taken, windowMs);
      expect(fullest).toBeLessThanOrEqual(limit);
      expect(fullest).toBeGreaterThan(0.9 * limit);
    },
  );

  it('L7 never refuses a client that spaces its requests evenly at 95 % of the rate', () => {
    const spaced = fc.record({
      limit: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 100, max: 3_000 })),
      windowMs: fc.constantFrom(1_000, 60_000, DAY_MS),
      offset: fc.double({ min: 0, max: 1, noNaN: true }),
      whole: fc.boolean(),
    });
    fc.assert(
      fc.property(spaced, ({ limit, windowMs, offset, whole }) => {
        const window = createRateWindow(limit, windowMs);
        const spacingMs = windowMs / (0.95 * limit);
        for (let count = 0; count < 2 * limit + 10; count++) {
          const atMs = offset * windowMs + count * spacingMs;
          if (!attempt(window, 1, whole ? Math.floor(atMs) : atMs)) {
            throw new Error(`request ${count} was refused`);
          }
        }
      }),
      RUNS,
    );
  });

  it('is exact up to a limit of 128, and strict by a slice at most above it', () => {
    for (const [limit, waits] of [
      [128, 6_400],
      [129, 6_450],
    ] as const) {
      const window = createRateWindow(limit, 6_400);
      charge(window, limit, 1_050);
      expect(waitMs(window, 1, 1_050)).toBe(waits);
      expect(resetMs(window, 1_050)).toBe(waits);
    }
  });

  it('keeps what is in its log when that grows, wherever it begins', () => {
    for (const lead of [0, 1, 3, 5, 6, 9]) {
      for (let expired = 0; expired <= 4; expired++) {
        const window = createRateWindow(100, 1_000);
        // So often its beginning has moved.
        for (let past = 0; past < lead; past++) charge(window, 1, past * 2_000);
        const startMs = lead * 2_000;
        const old = Array.from({ length: 4 }, (_, i) => ({ atMs: startMs + 10 * i, cost: 1 + i }));
        for (const { atMs, cost } of old) charge(window, cost, atMs);
        // So many are gone at this time, and their places are taken before the log is full.
        const nowMs = startMs + 1_000 + 10 * (expired - 1);
        const more = Array.from({ length: expired + 3 }, (_, i) => ({ atMs: nowMs + i / 10, cost: 7 }));
        for (const { atMs, cost } of more) charge(window, cost, atMs);
        const inUse = [...old.slice(expired), ...more];
        expect(window.entries).toBe(inUse.length);
        let used = inUse.reduce((sum, { cost }) => sum + cost, 0);
        for (const { atMs, cost } of inUse) {
          expect(remaining(window, atMs + 1_000 - 0.01)).toBe(100 - used);
          used -= cost;
          expect(remaining(window, atMs + 1_000)).toBe(100 - used);
        }
      }
    }
  });

  it('L8 what was refused with T fits at T and not at T - 1', () => {
    let tried = 0;
    let refused = 0;
    fc.assert(
      fc.property(history, fc.nat(), ({ limit, windowMs, gaps, costs }, pick) => {
        tried += 1;
        const window = createRateWindow(limit, windowMs);
        let atMs = 1_000_000;
        for (const [index, gap] of gaps.entries()) {
          atMs += Math.floor(gap / 4);
          attempt(window, costs[index % costs.length] ?? 1, atMs);
        }
        const cost = 1 + (pick % limit);
        const wait = waitMs(window, cost, atMs);
        expect(wait).toBeDefined();
        if (wait === undefined || wait === 0) return;
        refused += 1;
        expect(waitMs(window, cost, atMs + wait - 1)).toBe(1);
        expect(waitMs(window, cost, atMs + wait)).toBe(0);
      }),
      RUNS,
    );
    expect(refused / tried).toBeGreaterThan(0.1);
  });

  it('L8 a cost above the limit is refused for ever', () => {
    expect(waitMs(createRateWindow(5, 1000), 6, 0)).toBeUndefined();
    expect(waitMs(createRateWindow(5, 1000), 5, 0)).toBe(0);
  });

  it('L9 keeps at most 128 entries, whatever the limit', () => {
    for (const limit of [1, 100, 128, 129, 10_000]) {
      const window = createRateWindow(limit, 1_000);
      let most = 0;
      for (let atMs = 0; atMs < 20_000; atMs += 0.37) {
        attempt(window, 1, atMs);
        most = Math.max(most, window.entries);
      }
      expect(most).toBeLessThanOrEqual(limit <= 128 ? limit : 66);
      expect(window.log.length).toBeLessThanOrEqual(256);
    }
  });

  it('tells what is left, when the next units come back and when it is idle', () => {
    const window = createRateWindow(10, 1_000);
    expect([remaining(window, 0), resetMs(window, 0), idleAtMs(window)]).toEqual([10, 0, -Infinity]);
    charge(window, 4, 100);
    charge(window, 1, 300.5);
    expect([remaining(window, 400), resetMs(window, 400), idleAtMs(window)]).toEqual([5, 700, 1300.5]);
    expect([remaining(window, 1100), resetMs(window, 1100), idleAtMs(window)]).toEqual([9, 201, 1300.5]);
    expect([remaining(window, 1301), resetMs(window, 1301), idleAtMs(window)]).toEqual([10, 0, -Infinity]);
  });

  it('gives everything back within a window and a slice', () => {
    const window = createRateWindow(640, 6_400);
    charge(window, 640, 50);
    expect(waitMs(window, 1, 50)).toBe(6_450);
    expect(waitMs(window, 640, 6_499)).toBe(1);
    expect(waitMs(window, 640, 6_500)).toBe(0);
  });

  it('stays strict when its clock runs backwards', () => {
    const window = createRateWindow(2, 1_000);
    charge(window, 1, 500);
    charge(window, 1, 100);
    expect(waitMs(window, 1, 1_100)).toBe(400);
    expect(waitMs(window, 2, 1_500)).toBe(0);
  });
});
