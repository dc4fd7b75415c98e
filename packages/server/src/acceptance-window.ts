/**
 * The acceptance window: from when to when a signature counts as fresh (design word; spec 3). A store owns it; the
 * verifier uses the same one for its early answer.
 */
import type { Clock } from './clock.js';
import { requireObject } from './option-kinds.js';
import { shown } from './shown.js';

/** How far a signature's time may lie from the server's clock. */
export interface Tolerance {
  /** Default 300 000. */
  readonly pastMs: number;
  /** Default 10 000. */
  readonly futureMs: number;
}

/** The tolerance and the clock that it is measured by. A store is given one when it is attached, and owns it. */
export interface AcceptanceWindow extends Tolerance {
  /** What says what time it is now. */
  readonly clock: Clock;
}

/** What the window says of a signature. */
type Freshness = 'fresh' | 'stale' | 'future';

const DEFAULT_TOLERANCE: Tolerance = { pastMs: 300_000, futureMs: 10_000 };
const MAX_TOLERANCE_MS = 86_400_000;

/**
 * Makes an acceptance window (spec 1): signed times from now - `pastMs` to now + `futureMs`, both included.
 *
 * @param tolerance either side may be left out
 * @throws TypeError when the tolerance is not an object; RangeError when a side is not a whole number of milliseconds from 0 to one day
 */
export function acceptanceWindow(clock: Clock, tolerance: Partial<Tolerance> = {}): AcceptanceWindow {
  const { pastMs, futureMs } = { ...DEFAULT_TOLERANCE, ...requireObject('tolerance', tolerance) };
  requireTolerance('pastMs', pastMs);
  requireTolerance('futureMs', futureMs);
  return { pastMs, futureMs, clock };
}

/** Places a signature's time in the window. Both edges are fresh. */
export function judgeFreshness(window: AcceptanceWindow, signedAtMs: number, nowMs: number): Freshness {
  if (signedAtMs < nowMs - window.pastMs) return 'stale';
  return signedAtMs > nowMs + window.futureMs ? 'future' : 'fresh';
}

/**
 * Since when a stale signature is certainly dead. A wall clock that was stepped forward may have killed it later
 * than its age says, so the step's time is the earliest that can be vouched for; but it is dead now.
 */
export function staleSinceMs(window: AcceptanceWindow, signedAtMs: number, nowMs: number): number {
  return Math.min(nowMs, Math.max(signedAtMs + window.pastMs, window.clock.steadySinceMs()));
}

/**
 * Verifiers that share a store have one window.
 *
 * @throws RangeError when they have not
 */
export function requireSameTolerance(ours: AcceptanceWindow, theirs: AcceptanceWindow): void {
  const { pastMs, futureMs } = ours;
  if (pastMs === theirs.pastMs && futureMs === theirs.futureMs) return;
  throw new RangeError(
    `tolerance: the store serves another verifier with { pastMs: ${pastMs}, futureMs: ${futureMs} }; verifiers that share a store need the same`,
  );
}

function requireTolerance(side: keyof Tolerance, value: unknown): void {
  if (!Number.isInteger(value) || Number(value) < 0 || Number(value) > MAX_TOLERANCE_MS) {
    throw new RangeError(
      `tolerance.${side}: expected whole milliseconds from 0 to ${MAX_TOLERANCE_MS}, got ${shown(value)}`,
    );
  }
}
