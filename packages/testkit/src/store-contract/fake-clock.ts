/**
 * A clock that stands still until a test moves it: the wall clock and the monotonic one together, or the wall clock
 * alone, as a correction does.
 */
import { type Clock, createClock } from '@countersign/server';

export interface FakeClock {
  readonly clock: Clock;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** Lets time pass. */
  readonly advance: (ms: number) => void;
  /** Sets the wall clock forth or back. */
  readonly step: (ms: number) => void;
}

/** 2025-11-21T18:33:20Z. */
export const START_MS = 1_763_750_000_000;

/** No multiple of anything, so that no slice of a window begins at the start of a test. */
const MONOTONIC_START_MS = 12_347;

export function fakeClock(startMs: number = START_MS): FakeClock {
  let wallMs = startMs;
  let monotonicMs = MONOTONIC_START_MS;
  return {
    clock: createClock(
      () => wallMs,
      () => monotonicMs,
    ),
    nowMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    advance: (ms) => {
      wallMs += ms;
      monotonicMs += ms;
    },
    step: (ms) => {
      wallMs += ms;
    },
  };
}
