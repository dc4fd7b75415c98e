/** Verdicts by second and class over the last minutes, in a ring of fixed size. */
import { CLASSES } from './live-classes.js';

/** Seconds that the page looks back. */
export const WINDOW_S = 180;

export interface Counts {
  readonly add: (second: number, classIndex: number, count: number) => void;
  /** How many in a second; 0 where that second is not kept. */
  readonly at: (second: number, classIndex: number) => number;
  /** How many since a second, up to and with another. */
  readonly sum: (classIndex: number, from: number, to: number) => number;
}

export function createCounts(): Counts {
  // A second more than is shown: the one that is not over yet.
  const slots = WINDOW_S + 1;
  const counts = new Uint32Array(slots * CLASSES.length);
  const seconds = new Float64Array(slots);

  const at = (second: number, classIndex: number): number => {
    const slot = second % slots;
    return seconds[slot] === second ? (counts[slot * CLASSES.length + classIndex] ?? 0) : 0;
  };

  return {
    add: (second, classIndex, count) => {
      const slot = second % slots;
      const held = seconds[slot] ?? 0;
      if (held > second) return;
      const start = slot * CLASSES.length;
      if (held < second) {
        counts.fill(0, start, start + CLASSES.length);
        seconds[slot] = second;
      }
      counts[start + classIndex] = (counts[start + classIndex] ?? 0) + count;
    },
    at,
    sum: (classIndex, from, to) => {
      let total = 0;
      for (let second = Math.max(from, to - WINDOW_S); second <= to; second++)
        total += at(second, classIndex);
      return total;
    },
  };
}
