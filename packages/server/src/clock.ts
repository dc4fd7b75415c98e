/**
 * Time for a verifier: the wall clock for what is signed, a monotonic one for what is counted, and the knowledge
 * since when the wall clock has run steadily. It reads clocks; it sets none and starts no timer.
 */

export interface Clock {
  /** Unix time in whole milliseconds. */
  readonly nowMs: () => number;
  /** Milliseconds that never run backwards, with fractions where the platform has them. */
  readonly monotonicMs: () => number;
  /** Since when, on today's wall clock, that clock has not been stepped; `-Infinity` when no step was seen. */
  readonly steadySinceMs: () => number;
  /** Declares that nothing is known of this clock before now, for a store that was restarted. */
  readonly distrustPast: () => void;
}

/** Slewing and scheduling stay below this; a step does not. */
const STEP_MS = 250;

/**
 * @param now wall clock, Unix time in milliseconds; default `Date.now`
 * @param monotonicNow default `performance.now`; where only `now` is given, `now` with its backward steps held
 */
export function createClock(now?: () => number, monotonicNow?: () => number): Clock {
  const wall = now ?? Date.now;
  const monotonicMs = monotonicNow ?? (now === undefined ? () => performance.now() : ratchet(now));
  let offsetMs = wall() - monotonicMs();
  let steadySinceMs = Number.NEGATIVE_INFINITY;

  const nowMs = (): number => {
    const nowMs = Math.floor(wall());
    const nextOffsetMs = nowMs - monotonicMs();
    if (Math.abs(nextOffsetMs - offsetMs) > STEP_MS) steadySinceMs = nowMs;
    offsetMs = nextOffsetMs;
    return nowMs;
  };
  return {
    nowMs,
    monotonicMs,
    steadySinceMs: () => steadySinceMs,
    distrustPast: () => {
      steadySinceMs = nowMs();
    },
  };
}

function ratchet(now: () => number): () => number {
  let highest = Number.NEGATIVE_INFINITY;
  return () => {
    highest = Math.max(highest, now());
    return highest;
  };
}
