/**
 * What a call does next (L14: one call, one signature). A pure function of what was sent and what came back: no
 * clock, no I/O, no randomness. `signed-call.ts` carries its decisions out, for fetch and for undici.
 */
import type { VerdictFields } from '@countersign/canonical';
import { correctedOffsetMs } from './client-clock.js';
import {
  AlreadyAdmittedError,
  ClockSkewError,
  type CountersignError,
  OutcomeUnknownError,
  RateLimitedError,
  StoreUnavailableError,
} from './errors.js';

/** The limits of a call. Times in milliseconds. */
export interface RetryPolicy {
  /** How often a call may send, whatever the reason. */
  readonly attempts: number;
  /** A longer wait than this is not waited for: it ends the call. */
  readonly maxWaitMs: number;
  /** How long after it was made a signature is still sent again. */
  readonly freshForMs: number;
  /** Methods that are sent again after an answer 502, 503 or 504 that nobody signed. */
  readonly retryMethods: ReadonlySet<string>;
  /** How far the clock may be corrected, either way. */
  readonly maxClockCorrectionMs: number;
}

/** A call so far. */
export interface CallState {
  readonly method: string;
  /** Whether the body can be sent twice. */
  readonly repeatable: boolean;
  /** How often the request was sent. */
  readonly sent: number;
  readonly signedAgain: boolean;
  /** Whether an earlier attempt had no authentic answer, or a signature that may still become fresh. */
  readonly unanswered: boolean;
  /** The last answer to such an attempt. */
  readonly lastResponse?: Response;
}

/** What came of an attempt. An answer whose verdict does not open is `unauthenticated`, whatever it claims. */
export type CallEvent =
  | { readonly type: 'no-answer'; readonly cause: unknown }
  | { readonly type: 'unauthenticated'; readonly status: number; readonly retryAfterMs?: number | undefined }
  | { readonly type: 'verdict'; readonly verdict: VerdictFields };

/** When it came. */
export interface Moment {
  /** Since the signature was made: never less than the truth. */
  readonly elapsedMs: number;
  /** The local clock, uncorrected: Unix time in milliseconds. */
  readonly nowMs: number;
  /** The correction in use. */
  readonly offsetMs: number;
  /** From 0 to 1, for the jitter of this wait. */
  readonly random: number;
}

/** What to do now. `offsetMs`: correct the clock to this first. */
export type Decision = (
  | { readonly action: 'return' }
  | { readonly action: 'resend' | 'sign-again'; readonly waitMs: number; readonly call: CallState }
  | { readonly action: 'fail'; readonly error: CountersignError }
) & { readonly offsetMs?: number };

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const GATEWAY_STATUSES = new Set([502, 503, 504]);
const FIRST_BACKOFF_MS = 250;
const MIN_JITTER_MS = 50;
const RETURN: Decision = { action: 'return' };

/** Decides. The same arguments always give the same decision. */
export function decide(policy: RetryPolicy, call: CallState, event: CallEvent, moment: Moment): Decision {
  if (event.type === 'verdict') return decideVerdict(policy, call, event.verdict, moment);
  const unanswered = { ...call, unanswered: true };
  if (event.type === 'no-answer') {
    return (
      resend(policy, unanswered, undefined, moment) ??
      fail(new OutcomeUnknownError(event.cause, call.lastResponse))
    );
  }
  if (!GATEWAY_STATUSES.has(event.status) || !policy.retryMethods.has(call.method)) return RETURN;
  return resend(policy, unanswered, event.retryAfterMs, moment) ?? RETURN;
}

function decideVerdict(
  policy: RetryPolicy,
  call: CallState,
  verdict: VerdictFields,
  moment: Moment,
): Decision {
  const { code, retryAfterMs } = verdict;
  switch (code) {
    case 'replayed-nonce':
      return fail(new AlreadyAdmittedError(call.lastResponse));
    case 'rate-limited': {
      const outcome = call.unanswered ? 'unknown' : 'not-admitted';
      return (
        (retryAfterMs === undefined ? undefined : resend(policy, call, retryAfterMs, moment)) ??
        fail(new RateLimitedError(outcome, moment.nowMs, retryAfterMs))
      );
    }
    case 'store-unavailable':
      return (
        resend(policy, call, retryAfterMs, moment) ?? fail(unavailable(call.unanswered, call, retryAfterMs))
      );
    case 'stale-timestamp':
    case 'store-recovering':
    case 'future-timestamp':
      return decideTimestamp(policy, call, verdict, moment);
    default:
      return RETURN;
  }
}

/**
 * The three refusals that are about the signature's time. Only here the clock is corrected; after `store-recovering`
 * too, because the horizon is a time of the server's clock and a slow client would stay below it.
 */
function decideTimestamp(
  policy: RetryPolicy,
  call: CallState,
  verdict: VerdictFields,
  moment: Moment,
): Decision {
  const { code, timeMs, deadSinceMs, retryAfterMs = 0 } = verdict;
  const neededMs = correctedOffsetMs(moment.offsetMs, timeMs, moment.nowMs, moment.elapsedMs);
  const corrected = Math.abs(neededMs) <= policy.maxClockCorrectionMs;
  const correction = corrected ? { offsetMs: neededMs } : {};
  const skew = (outcome: 'not-admitted' | 'unknown'): Decision => ({
    ...fail(new ClockSkewError(outcome, neededMs, corrected)),
    ...correction,
  });
  if (code === 'future-timestamp') {
    // Proves nothing: the signature becomes fresh later, and a copy of it may be admitted then.
    // A correction after lost attempts may fall short, so a safe method may need more than one.
    if (!SAFE_METHODS.has(call.method) || !corrected || !maySend(policy, call)) return skew('unknown');
    return { ...signAgain({ ...call, unanswered: true }, 0), ...correction };
  }
  const deadBeforeSigned = deadSinceMs !== undefined && deadSinceMs < timeMs - moment.elapsedMs;
  if (!deadBeforeSigned) {
    return { ...fail(new OutcomeUnknownError(undefined, call.lastResponse)), ...correction };
  }
  const recovering = code === 'store-recovering';
  const waitMs = corrected || recovering ? waitToSignAgain(policy, call, retryAfterMs, moment) : undefined;
  if (waitMs !== undefined) {
    const { lastResponse: _, ...proved } = call;
    return { ...signAgain({ ...proved, unanswered: false }, waitMs), ...correction };
  }
  // The present signature is dead; an earlier one that was ahead of its time may not be.
  const open = call.signedAgain && call.unanswered;
  if (!recovering) return skew(open ? 'unknown' : 'not-admitted');
  return { ...fail(unavailable(open, call, retryAfterMs)), ...correction };
}

function fail(error: CountersignError): Decision {
  return { action: 'fail', error };
}

function unavailable(open: boolean, call: CallState, retryAfterMs: number | undefined): CountersignError {
  return open
    ? new OutcomeUnknownError(undefined, call.lastResponse)
    : new StoreUnavailableError(retryAfterMs);
}

function signAgain(call: CallState, waitMs: number): Decision {
  return { action: 'sign-again', waitMs, call: { ...call, sent: call.sent + 1, signedAgain: true } };
}

function waitToSignAgain(
  policy: RetryPolicy,
  call: CallState,
  askedMs: number,
  moment: Moment,
): number | undefined {
  return call.signedAgain ? undefined : waitMs(policy, call, askedMs, moment.random, policy.maxWaitMs);
}

function resend(
  policy: RetryPolicy,
  call: CallState,
  askedMs: number | undefined,
  moment: Moment,
): Decision | undefined {
  const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (call.sent - 1), policy.maxWaitMs);
  const longestMs = Math.min(policy.maxWaitMs, policy.freshForMs - moment.elapsedMs);
  const wait = waitMs(policy, call, askedMs ?? backoffMs, moment.random, longestMs);
  return wait === undefined
    ? undefined
    : { action: 'resend', waitMs: wait, call: { ...call, sent: call.sent + 1 } };
}

function maySend(policy: RetryPolicy, call: CallState): boolean {
  return call.repeatable && call.sent < policy.attempts;
}

/** The wait with its jitter, upwards only; `undefined` when nothing may be sent any more, or not that late. */
function waitMs(
  policy: RetryPolicy,
  call: CallState,
  leastMs: number,
  random: number,
  longestMs: number,
): number | undefined {
  if (!maySend(policy, call) || leastMs > longestMs) return undefined;
  const jitterMs = leastMs === 0 ? 0 : random * Math.max(MIN_JITTER_MS, leastMs / 4);
  return Math.min(leastMs + jitterMs, longestMs);
}
