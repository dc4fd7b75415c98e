/**
 * The options that `createFetch` and the undici interceptor share, checked once. A wrong one throws and names itself.
 */
import { isMethod } from '@countersign/canonical';
import type { RetryPolicy } from './retry.js';
import { requireFunction } from './signing-options.js';
import { sleep } from './sleep.js';

/** All times in milliseconds. */
export interface CallOptions {
  /** How often one call may send, whatever the reason. Default 4. */
  readonly attempts?: number;
  /** A longer wait than this ends the call instead. Default 30 000. */
  readonly maxWaitMs?: number;
  /** How long one signature is sent again; below the server's `tolerance.pastMs`. Default 240 000. */
  readonly freshForMs?: number;
  /** Methods that are sent again after a 502, 503 or 504 from in between. Default GET HEAD OPTIONS PUT DELETE. */
  readonly retryMethods?: readonly string[];
  /** How long to wait for the head of an answer. Default: no limit. */
  readonly attemptTimeoutMs?: number;
  /** How far the clock may be corrected. Default one day. */
  readonly maxClockCorrectionMs?: number;
  /** Waits before sending while the server's RateLimit fields say that it would refuse. Default false. */
  readonly pace?: boolean;
  /** A clock that never runs backwards. Default `performance.now`. */
  readonly monotonicNow?: () => number;
  /** From 0 to 1, for jitter. Default `Math.random`. */
  readonly random?: () => number;
  /** Waits; rejects with the signal's reason. Default: a timer. */
  readonly sleep?: (waitMs: number, signal?: AbortSignal) => Promise<void>;
}

export interface CallRules extends RetryPolicy {
  readonly attemptTimeoutMs: number | undefined;
  readonly pace: boolean;
  readonly monotonicNow: () => number;
  readonly random: () => number;
  readonly sleep: (waitMs: number, signal?: AbortSignal) => Promise<void>;
}

const DEFAULT_RETRY_METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];
/** Timers of more wrap round and fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 2;
const ONE_DAY_MS = 86_400_000;

/** @throws TypeError or RangeError that names the option */
export function readCallOptions(options: CallOptions): CallRules {
  const { retryMethods = DEFAULT_RETRY_METHODS, attemptTimeoutMs } = options;
  for (const method of retryMethods) {
    if (!isMethod(method)) throw new TypeError(`retryMethods: ${JSON.stringify(method)} is not a method`);
  }
  return {
    attempts: whole('attempts', options.attempts ?? 4, 1, 1000),
    maxWaitMs: whole('maxWaitMs', options.maxWaitMs ?? 30_000, 0, MAX_TIMER_MS),
    freshForMs: whole('freshForMs', options.freshForMs ?? 240_000, 0, MAX_TIMER_MS),
    retryMethods: new Set(retryMethods),
    attemptTimeoutMs:
      attemptTimeoutMs === undefined
        ? undefined
        : whole('attemptTimeoutMs', attemptTimeoutMs, 1, MAX_TIMER_MS),
    maxClockCorrectionMs: whole(
      'maxClockCorrectionMs',
      options.maxClockCorrectionMs ?? ONE_DAY_MS,
      0,
      Number.MAX_SAFE_INTEGER,
    ),
    pace: options.pace ?? false,
    monotonicNow: requireFunction('monotonicNow', options.monotonicNow ?? (() => performance.now())),
    random: requireFunction('random', options.random ?? Math.random),
    sleep: requireFunction('sleep', options.sleep ?? sleep),
  };
}

function whole(option: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${option}: expected a whole number from ${least} to ${most}, got ${String(value)}`);
  }
  return value;
}
