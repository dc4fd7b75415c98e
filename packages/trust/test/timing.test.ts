/** The measurement of times: what takes different times is told apart, what does not is not, and what is reported follows. */
import { describe, expect, it } from 'vitest';
import { comparisons, foundEqual } from '../src/timing/comparisons.js';
import { measure, POOL, type Subject } from '../src/timing/measure.js';
import { refusals } from '../src/timing/refusals.js';
import { formatTable, type Measured, verdictOf } from '../src/timing/report.js';
import { compare, T_THRESHOLD } from '../src/timing/welch.js';

/** From 0 to 1, the same at every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Times like those of a machine: around a middle, with a tail of interruptions. */
function times(random: () => number, meanNs: number, samples = 20_000): Float64Array {
  return Float64Array.from({ length: samples }, () => {
    const spread = (random() + random() + random() + random() - 2) * 200;
    return meanNs + spread + (random() < 0.03 ? random() * 50_000 : 0);
  });
}

describe("Welch's t", () => {
  it('does not tell apart what has one distribution, whatever the seed', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = randomFrom(seed);
      const { t, differenceNs, withinNs } = compare(times(random, 1000), times(random, 1000));
      expect(Math.abs(t)).toBeLessThan(T_THRESHOLD);
      expect(Math.abs(differenceNs)).toBeLessThan(2 * withinNs);
    }
  });

  it('tells a hundredth apart, and says how much it is', () => {
    const random = randomFrom(7);
    const { t, differenceNs, withinNs, samples } = compare(times(random, 1000), times(random, 1010));
    expect(t).toBeGreaterThan(T_THRESHOLD);
    expect(differenceNs).toBeGreaterThan(10 - withinNs);
    expect(differenceNs).toBeLessThan(10 + withinNs);
    expect(samples).toBe(40_000);
    expect(compare(times(random, 1010), times(random, 1000)).t).toBeLessThan(-T_THRESHOLD);
  });

  it('has nothing to say of times that are all the same', () => {
    const same = new Float64Array(100).fill(5);
    expect(compare(same, same)).toMatchObject({ differenceNs: 0, t: 0, medianNs: 5 });
  });
});

describe('the measurement', () => {
  it('takes as many times of each kind as were asked for, mixed, each of so many calls', () => {
    let nowNs = 0n;
    const order: number[] = [];
    const subject: Subject = {
      name: 'by kind',
      about: '',
      calls: 4,
      samples: 500,
      call: (kind, index) => {
        if (index < 0 || index >= POOL) throw new Error(`no input ${index}`);
        nowNs += kind === 0 ? 1_000n : 1_300n;
        order.push(kind);
      },
    };
    const { differenceNs, samples } = measure(subject, randomFrom(3), () => nowNs);
    expect(samples).toBe(1_000);
    expect(differenceNs).toBeCloseTo(300, 6);
    const timed = order.slice(-4_000);
    expect(timed.filter((kind) => kind === 0)).toHaveLength(2_000);
    // By turns, not one kind after the other.
    const turns = timed.filter((kind, i) => i > 0 && kind !== timed[i - 1]).length;
    expect(turns).toBeGreaterThan(300);
  });

  it('compares what it says: wrong MACs only, and refusals of the named causes only', () => {
    for (const { call } of [...comparisons(1), ...refusals(1)]) {
      for (let index = 0; index < POOL; index += 97) {
        call(0, index);
        call(1, index);
      }
    }
    expect(foundEqual()).toBe(0);
  });

  it('has a control for each question', () => {
    for (const subjects of [comparisons(1), refusals(1)]) {
      expect(subjects.filter(({ control }) => control)).toHaveLength(1);
    }
  });
});

describe('the report', () => {
  const row: Measured = {
    name: 'a thing',
    about: 'this, and that',
    samples: 2_000,
    medianNs: 9_000,
    differenceNs: 5,
    withinNs: 4,
    t: 1,
  };

  it.each([
    [{}, false, 'not told apart'],
    [{ t: 9, differenceNs: 50 }, false, 'below the 100 ns tolerated'],
    [{ t: -9, differenceNs: -150 }, true, 'more than 100 ns apart'],
    [{ t: 9, differenceNs: 103, withinNs: 10 }, false, 'below the 100 ns tolerated'],
    [{ control: true, t: 400 }, false, 'told apart, as it must be'],
    [{ control: true, t: 5 }, true, 'measure again'],
  ] as const)('judges %o', (change, fails, words) => {
    const verdict = verdictOf({ ...row, ...change });
    expect(verdict.fails).toBe(fails);
    expect(verdict.words).toContain(words);
  });

  it('has a line for each', () => {
    expect(formatTable([row])).toContain(
      '| a thing | this, and that | 2,000 | 9,000 | 5.0 ± 4.0 | 1.0 | not told apart |',
    );
  });
});
