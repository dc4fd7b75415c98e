/**
 * The options that `createFetch` and the undici interceptor share, checked once. A wrong one throws and names itself.
 */
import { isMethod, requireText } from '@countersign/canonical';
import { requireList, requireType, requireWhole } from './option-kinds.js';
import type { RetryPolicy } from './retry.js';
import { sleep as timedSleep } from './sleep.js';

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
  /**
   * Sign only requests to these origins, such as `https://api.example.com`; others are sent as they are. Default: all.
   * Needed where calls go to several origins and the signer has a fixed `audience`: a signature that another origin gets
   * would be valid at yours.
   */
  readonly origins?: readonly string[];
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
  readonly origins: ReadonlySet<string> | undefined;
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
  const {
    attempts = 4,
    maxWaitMs = 30_000,
    freshForMs = 240_000,
    retryMethods = DEFAULT_RETRY_METHODS,
    attemptTimeoutMs,
    origins,
    maxClockCorrectionMs = ONE_DAY_MS,
    pace = false,
    monotonicNow = () => performance.now(),
    random = Math.random,
    sleep = timedSleep,
  } = requireType('options', options, 'object');
  return {
    attempts: requireWhole('attempts', attempts, 1, 1000),
    maxWaitMs: requireWhole('maxWaitMs', maxWaitMs, 0, MAX_TIMER_MS),
    freshForMs: requireWhole('freshForMs', freshForMs, 0, MAX_TIMER_MS),
    retryMethods: readSet('retryMethods', retryMethods, (method) =>
      requireText('retryMethods', method, isMethod, 'a method in upper case'),
    ),
    attemptTimeoutMs:
      attemptTimeoutMs === undefined
        ? undefined
        : requireWhole('attemptTimeoutMs', attemptTimeoutMs, 1, MAX_TIMER_MS),
    maxClockCorrectionMs: requireWhole(
      'maxClockCorrectionMs',
      maxClockCorrectionMs,
      0,
      Number.MAX_SAFE_INTEGER,
    ),
    origins: origins === undefined ? undefined : readSet('origins', origins, readOrigin),
    pace: requireType('pace', pace, 'boolean'),
    monotonicNow: requireType('monotonicNow', monotonicNow, 'function'),
    random: requireType('random', random, 'function'),
    sleep: requireType('sleep', sleep, 'function'),
  };
}

/** Whether requests to this origin are signed. */
export function isOwnOrigin({ origins }: CallRules, origin: string | undefined): boolean {
  return origins === undefined || (origin !== undefined && origins.has(origin));
}

function readSet(option: string, list: unknown, read: (item: unknown) => string): ReadonlySet<string> {
  return new Set(requireList(option, list).map(read));
}

function readOrigin(origin: unknown): string {
  const isUrl = (text: string): boolean => URL.canParse(text);
  return new URL(requireText('origins', origin, isUrl, 'an origin such as "https://api.example.com"')).origin;
}
