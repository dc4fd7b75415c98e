/**
 * Whether two kinds of input take different times: Welch's t-test, as dudect uses it (Reparaz, Balasch, Verbauwhede: "Dude, is my
 * code constant time?", 2017). Numbers in, numbers out; it measures nothing.
 */

/** Two samples compared. Times in nanoseconds a call. */
export interface Comparison {
  /** How many times were taken of each, before the slowest were left out. */
  readonly samples: number;
  readonly medianNs: number;
  /** Mean of the second less mean of the first. */
  readonly differenceNs: number;
  /** Half the width of the 99.9 % confidence interval of the difference. */
  readonly withinNs: number;
  /** Welch's t. Beyond 4.5 either way dudect says: these take different times. */
  readonly t: number;
}

/** dudect's threshold. */
export const T_THRESHOLD = 4.5;
/** The two-sided 99.9 % quantile of the normal distribution, which t is near at these sample sizes. */
const Z_999 = 3.29;
/** The slowest tenth is the machine's doing: interrupts, collections, neighbours. One limit for both kinds. */
const KEPT = 0.9;

/** @param first times of one kind, @param second of the other, in nanoseconds */
export function compare(first: Float64Array, second: Float64Array): Comparison {
  const all = Float64Array.from([...first, ...second]).sort();
  const limit = all[Math.floor(all.length * KEPT)] ?? Number.POSITIVE_INFINITY;
  const [a, b] = [moments(first, limit), moments(second, limit)];
  const error = Math.sqrt(a.variance / a.count + b.variance / b.count);
  const differenceNs = b.mean - a.mean;
  return {
    samples: first.length + second.length,
    medianNs: all[Math.floor(all.length / 2)] ?? Number.NaN,
    differenceNs,
    withinNs: Z_999 * error,
    t: error === 0 ? 0 : differenceNs / error,
  };
}

function moments(times: Float64Array, limit: number): { count: number; mean: number; variance: number } {
  const kept = times.filter((time) => time <= limit);
  const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length;
  const variance = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (kept.length - 1);
  return { count: kept.length, mean, variance };
}
