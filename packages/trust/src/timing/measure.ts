/** Takes times of two kinds of input by turns in a random order, so that whatever drifts, drifts for both. */
import { type Comparison, compare } from './welch.js';

/** Two kinds of input to one function. */
export interface Subject {
  readonly name: string;
  /** A line for people: what the two kinds are. */
  readonly about: string;
  /** A control leaks on purpose: it must be told apart, or the measurement cannot be trusted. */
  readonly control?: true;
  /** Calls a time is taken of; more where one call is shorter than the clock can tell. */
  readonly calls: number;
  /** Times of each kind. */
  readonly samples: number;
  /** Calls the function once with the `index`-th input of a kind. */
  readonly call: (kind: 0 | 1, index: number) => void;
}

/** Inputs of a kind: prepared, so that making them is not timed, and more than one branch predictor remembers. */
export const POOL = 1024;
const WARM_UP = 20_000;

/**
 * @param random from 0 to 1, decides which kind is next
 * @param nowNs a clock that never runs backwards, in nanoseconds
 */
export function measure(
  { call, calls, samples }: Subject,
  random: () => number,
  nowNs: () => bigint = () => process.hrtime.bigint(),
): Comparison {
  for (let i = 0; i < WARM_UP; i++) call(random() < 0.5 ? 0 : 1, i % POOL);
  const times = [new Float64Array(samples), new Float64Array(samples)] as const;
  const taken: [number, number] = [0, 0];
  while (taken[0] < samples || taken[1] < samples) {
    const wanted = random() < 0.5 ? 0 : 1;
    const kind = taken[wanted] < samples ? wanted : wanted === 0 ? 1 : 0;
    const from = Math.floor(random() * POOL);
    const begun = nowNs();
    for (let i = 0; i < calls; i++) call(kind, (from + i) % POOL);
    times[kind][taken[kind]++] = Number(nowNs() - begun) / calls;
  }
  return compare(...times);
}
