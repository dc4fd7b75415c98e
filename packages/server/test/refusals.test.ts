import { importSecret, openVerdict, readRequest, requestPolicy } from '@countersign/canonical';
import { signHead, TEST_SECRET } from '@countersign/testkit';
import { describe, expect, it } from 'vitest';
import { admittedFields, receipt, refusedAnswer } from '../src/answer.js';
import { isRefusal, REFUSALS, type RefusalCode, refusal } from '../src/refusals.js';

/** Spec 3: the status of each code. */
const STATUS: Readonly<Record<number, readonly RefusalCode[]>> = {
  400: ['malformed-request', 'malformed-target', 'ambiguous-target', 'digest-mismatch'],
  401: [
    'missing-signature',
    'malformed-signature',
    'invalid-signature',
    'stale-timestamp',
    'future-timestamp',
  ],
  403: ['scope-mismatch', 'scope-not-granted'],
  408: ['body-timeout'],
  409: ['replayed-nonce'],
  413: ['body-too-large'],
  421: ['wrong-audience'],
  429: ['rate-limited', 'too-many-failures'],
  503: ['store-unavailable', 'store-recovering'],
};
const CODES = Object.keys(REFUSALS) as RefusalCode[];
const T = 1_763_750_000_000;

describe('each refusal code', () => {
  it('has the status of the specification', () => {
    const expected = Object.entries(STATUS).flatMap(([status, codes]) =>
      codes.map((code) => [code, Number(status)]),
    );
    expect(Object.fromEntries(CODES.map((code) => [code, REFUSALS[code].status]))).toEqual(
      Object.fromEntries(expected),
    );
  });

  it('has a title of its own, a phrase that begins with a capital', () => {
    const titles = CODES.map((code) => REFUSALS[code].title);
    for (const title of titles) expect(title).toMatch(/^[A-Z][a-z ]{10,}[a-z]$/);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('tells in whole sentences what to do', () => {
    for (const code of CODES) expect(REFUSALS[code].detail, code).toMatch(/^[A-Z].{15,}\.$/);
  });

  it('has a type of its own, and rate-limited that of IANA', () => {
    for (const code of CODES) {
      const { problem } = refusedAnswer(refusal(code, 'why'), T, false, undefined);
      expect(problem.type).toBe(
        code === 'rate-limited'
          ? 'https://iana.org/assignments/http-problem-types#quota-exceeded'
          : `urn:countersign:problem:${code}`,
      );
      expect(problem).toMatchObject({ ...REFUSALS[code], code });
    }
  });

  it('invites to sign where that helps, and nowhere else', () => {
    for (const code of CODES) {
      const { headers } = refusedAnswer(refusal(code, 'why'), T, false, undefined);
      expect(headers['www-authenticate'], code).toBe(
        REFUSALS[code].status === 401 ? 'CS1-HMAC-SHA256' : undefined,
      );
    }
  });
});

describe('an answer', () => {
  const head = signHead({ signedAtMs: T });
  const caller = {
    request: readRequest(head, requestPolicy({ audience: 'api.example.com' })),
    secret: importSecret(TEST_SECRET),
  };
  const subject = { key: 'key_1', nonce: head.nonce, sig: head.sig };
  const verdictOf = (field: string | undefined) => openVerdict(caller.secret, subject, field ?? '');

  it('to a stranger is not authenticated, and says nothing of a wait that nobody knows', () => {
    const refused = refusedAnswer(refusal('invalid-signature', 'why'), T, true, undefined);
    expect(refused).toStrictEqual({
      ok: false,
      code: 'invalid-signature',
      status: 401,
      closeConnection: true,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'www-authenticate': 'CS1-HMAC-SHA256',
      },
      problem: {
        type: 'urn:countersign:problem:invalid-signature',
        ...{ title: REFUSALS['invalid-signature'].title, status: 401 },
        ...{ detail: REFUSALS['invalid-signature'].detail, code: 'invalid-signature' },
      },
    });
  });

  it('rounds waits up, to seconds in Retry-After and to milliseconds in the verdict', () => {
    const refused = refusedAnswer(
      refusal('rate-limited', 'why', { retryAfterMs: 1000.25, deadSinceMs: T + 0.5 }),
      T,
      false,
      caller,
    );
    expect(refused).toMatchObject({ retryAfterMs: 1000.25, closeConnection: false });
    expect(refused.headers['retry-after']).toBe('2');
    expect(verdictOf(refused.headers['countersign-verdict'])).toEqual({
      code: 'rate-limited',
      timeMs: T,
      deadSinceMs: T + 1,
      retryAfterMs: 1001,
    });
  });

  it('to a caller who may try again at once says so', () => {
    const refused = refusedAnswer(refusal('store-recovering', 'why', { retryAfterMs: 0 }), T, false, caller);
    expect(refused).toHaveProperty('retryAfterMs', 0);
    expect(refused.headers['retry-after']).toBe('0');
  });

  it('carries further members of the problem, and they may word its detail', () => {
    const { problem } = refusedAnswer(
      refusal('rate-limited', 'why', { members: { detail: 'never', 'violated-policies': ['a'] } }),
      T,
      false,
      undefined,
    );
    expect(problem).toMatchObject({ detail: 'never', 'violated-policies': ['a'], status: 429 });
  });

  it('to an admitted request is private, and varies on the signature field', () => {
    expect(admittedFields([], 'x-signature')).toEqual({ 'cache-control': 'private', vary: 'x-signature' });
  });

  it('receipts an admission, dead since then', () => {
    expect(verdictOf(receipt(caller, T + 5))).toMatchObject({
      code: 'admitted',
      timeMs: T + 5,
      deadSinceMs: T + 5,
    });
  });
});

it('a refusal is known by its code, whatever else it is', () => {
  expect(refusal('body-timeout', 'late', { retryAfterMs: 1 })).toEqual({
    refused: 'body-timeout',
    reason: 'late',
    retryAfterMs: 1,
  });
  expect(isRefusal(refusal('body-timeout', 'late'))).toBe(true);
  for (const other of [undefined, null, 'refused', 7, {}, [], new Uint8Array(1)]) {
    expect(isRefusal(other)).toBe(false);
  }
});
