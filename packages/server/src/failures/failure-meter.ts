/**
 * Counts the refusals of strangers by address group (spec 3), in bounded memory. It only counts: what a spent group
 * means is the verifier's rule.
 */
import type { Clock } from '../clock.js';
import { charge, createRateWindow, idleAtMs, type RateWindow, waitMs } from '../rate-window.js';
import { requireWhole } from '../whole-number.js';

/** How many refusals of strangers an address has (spec 3). */
export interface FailureOptions {
  /** How many refusals an address has in any window. Default 60. */
  readonly limit?: number | undefined;
  /** The window in milliseconds, from one second to one day. Default 60 000. */
  readonly windowMs?: number | undefined;
  /** How many addresses are counted each for itself; those beyond share one count. Default 10 000. */
  readonly maxAddresses?: number | undefined;
}

export interface FailureMeter {
  /** What is counted against, as the RateLimit fields name it. */
  readonly policy: { readonly policy: string; readonly limit: number; readonly windowMs: number };
  /** Whether the group has no refusal left. An unknown address is never spent. */
  isSpent(group: string | undefined): boolean;
  /** The same by the group's own count alone: what addresses beyond the cap have spent together convicts none of them. */
  isSpentByItself(group: string | undefined): boolean;
  /** Counts one refusal. A group that is spent, and an unknown address, are not counted. */
  record(group: string | undefined): void;
  /** Until the group has a refusal left again, in milliseconds; 0 when it has. */
  waitMs(group: string | undefined): number;
}

const MAX_LIMIT = 1_000_000;
const MIN_WINDOW_MS = 1_000;
const MAX_WINDOW_MS = 86_400_000;
const MAX_ADDRESSES = 1_000_000;
/** Each refusal brings one address at most, so the idle ones are gone before they are many. */
const DROPPED_PER_CALL = 2;

/** @throws RangeError naming `failures.<option>` */
export function failureMeter(options: FailureOptions, clock: Clock): FailureMeter {
  const limit = requireWhole('failures.limit', options.limit ?? 60, 1, MAX_LIMIT);
  const windowMs = requireWhole(
    'failures.windowMs',
    options.windowMs ?? 60_000,
    MIN_WINDOW_MS,
    MAX_WINDOW_MS,
  );
  const maxAddresses = requireWhole(
    'failures.maxAddresses',
    options.maxAddresses ?? 10_000,
    1,
    MAX_ADDRESSES,
  );
  // In the order of their last refusals, which with windows of one length is that of falling idle.
  const windows = new Map<string, RateWindow>();
  const overflow = createRateWindow(limit, windowMs);

  const dropIdle = (nowMs: number): void => {
    let count = 0;
    for (const [group, window] of windows) {
      if (count++ === DROPPED_PER_CALL || idleAtMs(window) > nowMs) return;
      windows.delete(group);
    }
  };
  /** The count of this group; `undefined` when it has none yet and there is a place for it. */
  const windowOf = (group: string, nowMs: number): RateWindow | undefined => {
    dropIdle(nowMs);
    return windows.get(group) ?? (windows.size < maxAddresses ? undefined : overflow);
  };
  const waitOf = (group: string | undefined): number => {
    if (group === undefined) return 0;
    const nowMs = clock.monotonicMs();
    const window = windowOf(group, nowMs);
    return window === undefined ? 0 : (waitMs(window, 1, nowMs) ?? 0);
  };

  return {
    policy: { policy: 'failures', limit, windowMs },
    isSpent: (group) => waitOf(group) > 0,
    isSpentByItself: (group) => group !== undefined && windows.has(group) && waitOf(group) > 0,
    waitMs: waitOf,
    record: (group) => {
      if (group === undefined) return;
      const nowMs = clock.monotonicMs();
      const window = windowOf(group, nowMs) ?? createRateWindow(limit, windowMs);
      if (waitMs(window, 1, nowMs) !== 0) return;
      charge(window, 1, nowMs);
      if (window === overflow) return;
      windows.delete(group);
      windows.set(group, window);
    },
  };
}
