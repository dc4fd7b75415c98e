/** The decisions about time: when a signature may be made anew, and when the clock is corrected. */
import type { VerdictFields } from '@countersign/canonical';
import { describe, expect, test } from 'vitest';
import { correctedOffsetMs } from '../src/client-clock.js';
import { ClockSkewError, OutcomeUnknownError, StoreUnavailableError } from '../src/index.js';
import type { CallEvent } from '../src/retry.js';
import { after, errorOf, first, NOW_MS, verdict } from './decision-setup.js';

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
