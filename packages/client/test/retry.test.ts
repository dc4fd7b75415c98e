/** The decisions of a call, one by one: what is answered, what follows. */
import type { VerdictFields } from '@countersign/canonical';
import { describe, expect, test } from 'vitest';
import { readCallOptions } from '../src/call-options.js';
import { correctedOffsetMs } from '../src/client-clock.js';
import {
  AlreadyAdmittedError,
  ClockSkewError,
  OutcomeUnknownError,
  RateLimitedError,
  StoreUnavailableError,
} from '../src/index.js';
import {
  type CallEvent,
  type CallState,
  type Decision,
  decide,
  type Moment,
  type RetryPolicy,
} from '../src/retry.js';

const NOW_MS = 1_763_750_000_000;
const policy: RetryPolicy = readCallOptions({});
const first: CallState = { method: 'POST', repeatable: true, sent: 1, signedAgain: false, unanswered: false };
const soon: Moment = { elapsedMs: 40, nowMs: NOW_MS, offsetMs: 0, random: 0 };

function after(
  event: CallEvent,
  given: { call?: Partial<CallState>; policy?: Partial<RetryPolicy>; moment?: Partial<Moment> } = {},
): Decision {
  return decide({ ...policy, ...given.policy }, { ...first, ...given.call }, event, {
    ...soon,
    ...given.moment,
  });
}
function verdict(code: string, rest: Partial<VerdictFields> = {}): CallEvent {
  return { type: 'verdict', verdict: { code, timeMs: NOW_MS - 20, ...rest } };
}
function errorOf(decision: Decision): Error | undefined {
  return decision.action === 'fail' ? decision.error : undefined;
}
const noAnswer: CallEvent = { type: 'no-answer', cause: new Error('ECONNRESET') };

describe('no answer', () => {
  test('sends the same signature again, whatever the method, with a wait that grows', () => {
    const waits = [1, 2, 3].map((sent) => after(noAnswer, { call: { sent } }));
    expect(waits).toMatchObject([250, 500, 1000].map((waitMs) => ({ action: 'resend', waitMs })));
    expect(waits[0]).toMatchObject({ call: { sent: 2, unanswered: true, signedAgain: false } });
  });

  test('ends with the cause when attempts, freshness or the body run out', () => {
    for (const given of [
      { call: { sent: 4 } },
      { call: { repeatable: false } },
      { moment: { elapsedMs: 240_000 } },
    ]) {
      const error = errorOf(after(noAnswer, given));
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error?.cause).toBe(noAnswer.type === 'no-answer' && noAnswer.cause);
    }
    expect(after(noAnswer, { moment: { elapsedMs: 239_750 } }).action).toBe('resend');
  });

  test('carries the last answer that could not be trusted', () => {
    const lastResponse = new Response('gateway', { status: 503 });
    expect(errorOf(after(noAnswer, { call: { sent: 4, lastResponse } }))).toMatchObject({ lastResponse });
  });
});

describe('an answer that nobody signed', () => {
  const answer = (status: number, retryAfterMs?: number): CallEvent => ({
    type: 'unauthenticated',
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

  test.each([502, 503, 504])('a %i is sent again for methods that may be', (status) => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
      expect(after(answer(status), { call: { method } })).toMatchObject({ action: 'resend', waitMs: 250 });
    }
    for (const method of ['POST', 'PATCH'])
      expect(after(answer(status), { call: { method } }).action).toBe('return');
  });

  test.each([200, 204, 301, 400, 401, 403, 409, 429, 500, 501, 505])('a %i is returned', (status) => {
    for (const method of ['GET', 'POST'])
      expect(after(answer(status, 10), { call: { method } }).action).toBe('return');
  });

  test('Retry-After is honoured up to the longest wait; beyond it the answer is returned', () => {
    const call = { method: 'GET' };
    expect(after(answer(503, 30_000), { call })).toMatchObject({ action: 'resend', waitMs: 30_000 });
    expect(after(answer(503, 30_001), { call }).action).toBe('return');
    expect(after(answer(503), { call: { ...call, sent: 4 } }).action).toBe('return');
    expect(after(answer(503), { call: { ...call, repeatable: false } }).action).toBe('return');
  });
});

describe('an authentic verdict', () => {
  test.each([
    'admitted',
    'scope-mismatch',
    'scope-not-granted',
    'digest-mismatch',
    'body-too-large',
    'body-timeout',
    'a-code-of-the-future',
  ])('%s: the answer is returned', (code) => {
    expect(after(verdict(code, { retryAfterMs: 1 }))).toEqual({ action: 'return' });
  });

  test('rate-limited: the same signature after the wait that was asked for, never earlier', () => {
    for (const random of [0, 0.3, 1]) {
      const decision = after(verdict('rate-limited', { retryAfterMs: 4000 }), { moment: { random } });
      expect(decision).toMatchObject({
        action: 'resend',
        waitMs: 4000 + random * 1000,
        call: { unanswered: false },
      });
    }
  });

  test('rate-limited: RateLimitedError with the time when it may not wait that long', () => {
    const error = errorOf(after(verdict('rate-limited', { retryAfterMs: 30_001 })));
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error).toMatchObject({
      code: 'rate-limited',
      outcome: 'not-admitted',
      retryAfterMs: 30_001,
      retryAtMs: NOW_MS + 30_001,
    });
    const limited = verdict('rate-limited', { retryAfterMs: 1000 });
    expect(errorOf(after(limited, { call: { sent: 4 } }))).toBeInstanceOf(RateLimitedError);
    expect(errorOf(after(limited, { call: { repeatable: false } }))).toBeInstanceOf(RateLimitedError);
    expect(errorOf(after(limited, { moment: { elapsedMs: 239_001 } }))).toBeInstanceOf(RateLimitedError);
    expect(errorOf(after(limited, { call: { sent: 4, unanswered: true } }))).toMatchObject({
      outcome: 'unknown',
    });
  });

  test('rate-limited without a time means never: RateLimitedError at once', () => {
    const error = errorOf(after(verdict('rate-limited')));
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error).toMatchObject({ retryAfterMs: undefined, retryAtMs: undefined });
  });

  test('store-unavailable: the same signature again, then StoreUnavailableError', () => {
    expect(after(verdict('store-unavailable', { retryAfterMs: 700 }))).toMatchObject({
      action: 'resend',
      waitMs: 700,
    });
    expect(after(verdict('store-unavailable'))).toMatchObject({ action: 'resend', waitMs: 250 });
    const error = errorOf(after(verdict('store-unavailable', { retryAfterMs: 700 }), { call: { sent: 4 } }));
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ outcome: 'not-admitted', retryAfterMs: 700 });
  });

  test('store-unavailable after an attempt without an answer: OutcomeUnknownError', () => {
    const error = errorOf(after(verdict('store-unavailable'), { call: { sent: 4, unanswered: true } }));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
  });

  test('a proxy’s 503 after execution taken for "not executed": AlreadyAdmittedError with that answer', () => {
    const lastResponse = new Response('from the application', { status: 503 });
    const error = errorOf(
      after(verdict('replayed-nonce'), { call: { sent: 2, unanswered: true, lastResponse } }),
    );
    expect(error).toBeInstanceOf(AlreadyAdmittedError);
    expect(error).toMatchObject({ outcome: 'admitted', earlierResponse: lastResponse });
    expect(errorOf(after(verdict('replayed-nonce')))).toMatchObject({ earlierResponse: undefined });
  });
});

describe('stale-timestamp and store-recovering', () => {
  const slow = (codeTimeMs: number, rest: Partial<VerdictFields> = {}): CallEvent =>
    verdict('stale-timestamp', { timeMs: codeTimeMs, deadSinceMs: NOW_MS, ...rest });

  test('sign anew only when the signature was dead before it was made', () => {
    const moment = { elapsedMs: 40, nowMs: NOW_MS + 40 };
    expect(after(slow(NOW_MS + 41), { moment }).action).toBe('sign-again');
    expect(errorOf(after(slow(NOW_MS + 40), { moment }))).toBeInstanceOf(OutcomeUnknownError);
    expect(errorOf(after(slow(NOW_MS - 40), { moment }))).toBeInstanceOf(OutcomeUnknownError);
  });

  test('a copy admitted while the original is held until it is stale: OutcomeUnknownError, at the first attempt too', () => {
    const held = verdict('stale-timestamp', { timeMs: NOW_MS + 310_000, deadSinceMs: NOW_MS + 300_000 });
    const error = errorOf(after(held, { moment: { elapsedMs: 310_000, nowMs: NOW_MS + 310_000 } }));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
  });

  test('without dead-since nothing is proved', () => {
    const event = verdict('stale-timestamp', { timeMs: NOW_MS + 900_000 });
    expect(errorOf(after(event))).toBeInstanceOf(OutcomeUnknownError);
  });

  test('correct the clock, once for the call, and forget what the dead signature left open', () => {
    const lastResponse = new Response(null, { status: 503 });
    const event = slow(NOW_MS + 400_000);
    const decision = after(event, { call: { unanswered: true, lastResponse, sent: 2 } });
    expect(decision).toMatchObject({ action: 'sign-again', waitMs: 0, offsetMs: 400_000 });
    expect(decision).toHaveProperty('call', { ...first, sent: 3, signedAgain: true });
    const again = after(event, { call: { signedAgain: true } });
    expect(again).toMatchObject({ action: 'fail', offsetMs: 400_000 });
    expect(errorOf(again)).toMatchObject({ code: 'clock-skew', outcome: 'not-admitted', offsetMs: 400_000 });
  });

  test('correct the clock even when the call ends', () => {
    const decision = after(slow(NOW_MS + 30), { moment: { elapsedMs: 40, nowMs: NOW_MS - 200 } });
    expect(errorOf(decision)).toBeInstanceOf(OutcomeUnknownError);
    expect(decision.offsetMs).toBe(230);
  });

  test('never correct the clock by more than allowed', () => {
    const decision = after(slow(NOW_MS + 86_400_001));
    expect(decision).not.toHaveProperty('offsetMs');
    expect(errorOf(decision)).toBeInstanceOf(ClockSkewError);
    expect(errorOf(decision)).toMatchObject({ offsetMs: 86_400_001, outcome: 'not-admitted' });
    expect(errorOf(decision)?.message).toContain('maxClockCorrectionMs');
    expect(after(slow(NOW_MS + 86_400_000)).action).toBe('sign-again');
  });

  test('a body that cannot be sent twice: an error, and the clock is right for the next call', () => {
    const decision = after(slow(NOW_MS + 400_000), { call: { repeatable: false } });
    expect(errorOf(decision)).toBeInstanceOf(ClockSkewError);
    expect(decision.offsetMs).toBe(400_000);
  });

  test('store-recovering: waits as asked, with jitter upwards only', () => {
    const recovering = verdict('store-recovering', { deadSinceMs: NOW_MS - 5000, retryAfterMs: 8000 });
    expect(after(recovering)).toMatchObject({ action: 'sign-again', waitMs: 8000, offsetMs: 0 });
    expect(after(recovering, { moment: { random: 1 } })).toMatchObject({ waitMs: 10_000 });
  });

  test('store-recovering: StoreUnavailableError when it may not wait, sign or send again', () => {
    const recovering = (retryAfterMs: number): CallEvent =>
      verdict('store-recovering', { deadSinceMs: NOW_MS - 5000, retryAfterMs });
    for (const decision of [
      after(recovering(30_001)),
      after(recovering(10), { call: { signedAgain: true } }),
      after(recovering(10), { call: { sent: 4 } }),
      after(recovering(10), { call: { repeatable: false } }),
    ]) {
      expect(errorOf(decision)).toBeInstanceOf(StoreUnavailableError);
    }
    const unproved = verdict('store-recovering', { deadSinceMs: NOW_MS - 60, retryAfterMs: 10 });
    expect(errorOf(after(unproved))).toBeInstanceOf(OutcomeUnknownError);
  });

  test('store-recovering: a clock that may not be corrected does not stop it', () => {
    const recovering = verdict('store-recovering', { timeMs: NOW_MS + 2000, deadSinceMs: NOW_MS - 5000 });
    const decision = after(recovering, { policy: { maxClockCorrectionMs: 0 } });
    expect(decision.action).toBe('sign-again');
    expect(decision).not.toHaveProperty('offsetMs');
  });
});

describe('future-timestamp', () => {
  const fast = verdict('future-timestamp', { timeMs: NOW_MS - 20_000 });

  test.each(['GET', 'HEAD', 'OPTIONS'])('%s is signed again while attempts remain', (method) => {
    const again = { action: 'sign-again', waitMs: 0, offsetMs: -19_960, call: { unanswered: true } };
    expect(after(fast, { call: { method } })).toMatchObject(again);
    expect(after(fast, { call: { method, signedAgain: true, sent: 3 } })).toMatchObject(again);
    for (const spent of [{ sent: 4 }, { repeatable: false }]) {
      expect(errorOf(after(fast, { call: { method, ...spent } }))).toBeInstanceOf(ClockSkewError);
    }
  });

  test('whatever follows, the earlier signature may still be admitted', () => {
    const call = { method: 'GET', signedAgain: true, unanswered: true };
    const stale = verdict('stale-timestamp', { timeMs: NOW_MS + 400_000, deadSinceMs: NOW_MS });
    expect(errorOf(after(stale, { call }))).toMatchObject({ code: 'clock-skew', outcome: 'unknown' });
    const recovering = verdict('store-recovering', { deadSinceMs: NOW_MS - 5000 });
    expect(errorOf(after(recovering, { call }))).toBeInstanceOf(OutcomeUnknownError);
    expect(errorOf(after(verdict('rate-limited'), { call }))).toMatchObject({ outcome: 'unknown' });
  });

  test('a fast clock’s signature that becomes fresh later: any other method ends, and the clock is corrected', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const decision = after(fast, { call: { method } });
      expect(errorOf(decision)).toMatchObject({ code: 'clock-skew', outcome: 'unknown', offsetMs: -19_960 });
      expect(decision.offsetMs).toBe(-19_960);
    }
  });

  test('beyond the largest correction nothing is corrected or signed', () => {
    const decision = after(fast, { call: { method: 'GET' }, policy: { maxClockCorrectionMs: 19_959 } });
    expect(errorOf(decision)).toBeInstanceOf(ClockSkewError);
    expect(decision).not.toHaveProperty('offsetMs');
  });
});

describe('correctedOffsetMs', () => {
  test.each([
    ['keeps an offset that may be right', 25, 25],
    ['raises one that is too low just as far as needed', -5, 10],
    ['lowers one that is too high just as far as needed', 90, 50],
  ])('%s', (_, present, expected) => {
    expect(correctedOffsetMs(present, 1010, 1000, 40)).toBe(expected);
  });
});

describe('readCallOptions', () => {
  test.each([
    ['attempts', { attempts: 0 }],
    ['attempts', { attempts: 1.5 }],
    ['maxWaitMs', { maxWaitMs: -1 }],
    ['maxWaitMs', { maxWaitMs: 2 ** 31 }],
    ['freshForMs', { freshForMs: Number.NaN }],
    ['attemptTimeoutMs', { attemptTimeoutMs: 0 }],
    ['maxClockCorrectionMs', { maxClockCorrectionMs: Number.POSITIVE_INFINITY }],
  ])('throws a RangeError that names %s', (option, options) => {
    expect(() => readCallOptions(options)).toThrow(RangeError);
    expect(() => readCallOptions(options)).toThrow(new RegExp(`^${option}: `));
  });

  test.each([
    ['retryMethods', { retryMethods: ['get'] }],
    ['sleep', { sleep: 5 as unknown as () => Promise<void> }],
    ['random', { random: 5 as unknown as () => number }],
    ['monotonicNow', { monotonicNow: 5 as unknown as () => number }],
  ])('throws a TypeError that names %s', (option, options) => {
    expect(() => readCallOptions(options)).toThrow(TypeError);
    expect(() => readCallOptions(options)).toThrow(new RegExp(`^${option}: `));
  });
});
