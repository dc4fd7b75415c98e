import { describe, expect, test } from 'vitest';
import {
  AlreadyAdmittedError,
  OutcomeUnknownError,
  RateLimitedError,
  StoreUnavailableError,
} from '../src/index.js';
import type { CallEvent } from '../src/retry.js';
import { after, errorOf, NOW_MS, noAnswer, verdict } from './decision-setup.js';

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
