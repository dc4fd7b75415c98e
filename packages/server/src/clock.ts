/**
 * Time for a verifier: the wall clock for what is signed, a monotonic one for what is counted, and the knowledge
 * since when the wall clock has run steadily. It reads clocks; it sets none of the machine's and starts no timer.
 */

/** Time for a verifier and its store. */
export interface Clock {
  /** Unix time in whole milliseconds. */
  readonly nowMs: () => number;
  /** Milliseconds that never run backwards, with fractions where the platform has them. */
  readonly monotonicMs: () => number;
  /** What `monotonicMs` was at the last `nowMs`: one reading less for one who has just asked for that. */
  readonly monotonicThenMs: () => number;
  /** Since when, on today's wall clock, that clock has not been stepped; `-Infinity` when no step was seen. */
  readonly steadySinceMs: () => number;
  /** Declares that nothing is known of this clock before now, for a store that was restarted. */
  readonly distrustPast: () => void;
  /**
   * Follows the clock of a store that several processes share: it showed `theirMs` at some moment of the last
   * `elapsedMs`. Corrects `nowMs` no further than that needs, so that repeated readings do not make it tremble.
   */
  readonly follow: (theirMs: number, elapsedMs: number) => void;
}

/** Slewing and scheduling stay below this; a step does not. */
const STEP_MS = 250;

/**
 * Makes a clock.
 *
 * @param now wall clock, Unix time in milliseconds; default `Date.now`
 * @param monotonicNow default `performance.now`; where only `now` is given, `now` with its backward steps held
 */
export function createClock(now?: () => number, monotonicNow?: () => number): Clock {
  const wall = now ?? Date.now;
  const monotonicMs = monotonicNow ?? (now === undefined ? () => performance.now() : ratchet(now));
  let thenMs = monotonicMs();
  let offsetMs = wall() - thenMs;
  let steadySinceMs = Number.NEGATIVE_INFINITY;
  let correctionMs = 0;

  const nowMs = (): number => {
    const nowMs = Math.floor(wall() + correctionMs);
    thenMs = monotonicMs();
    const nextOffsetMs = nowMs - thenMs;
    if (Math.abs(nextOffsetMs - offsetMs) > STEP_MS) steadySinceMs = nowMs;
    offsetMs = nextOffsetMs;
    return nowMs;
  };
  return {
    nowMs,
    monotonicMs,
    monotonicThenMs: () => thenMs,
    steadySinceMs: () => {
      // A step that was not looked at yet is one all the same.
      nowMs();
      return steadySinceMs;
    },
    distrustPast: () => {
      steadySinceMs = nowMs();
    },
    follow: (theirMs, elapsedMs) => {
      const oursMs = wall() + correctionMs;
      if (oursMs < theirMs) correctionMs += theirMs - oursMs;
      else if (oursMs > theirMs + elapsedMs) correctionMs -= oursMs - theirMs - elapsedMs;
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
