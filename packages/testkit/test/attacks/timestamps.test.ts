/** Attacks with a time that is written otherwise, or is none. The MAC over each of them is right. */
import { canonicalize, formatAuthorization, hmacSha256Hex, sha256Hex } from '@countersign/canonical';
import { describe, expect, it } from 'vitest';
import { type SignedHead, TEST_AUDIENCE, TEST_SECRET } from '../../src/index.js';
import { serve, sign, T } from './service.js';

const NONCE = '0f8fad5b-d9cb-469f-a165-70867728950e';

/** Signs `ts` as it stands. */
function signAt(ts: string, nonce: string = NONCE): SignedHead {
  const authorization = { key: 'key_1', ts, nonce, scope: '', digest: sha256Hex(''), headers: [] };
  const text = canonicalize({
    ...authorization,
    method: 'GET',
    audience: TEST_AUDIENCE,
    path: '/v1/orders',
    query: '',
  });
  const sig = hmacSha256Hex(TEST_SECRET, text);
  const headers = [
    ['host', TEST_AUDIENCE],
    ['authorization', formatAuthorization({ ...authorization, sig })],
  ] as const;
  return { method: 'GET', target: '/v1/orders', headers, body: '', nonce, sig };
}

describe('the same time in another notation (`+1`, `1e12`, leading zeros, fractions, NaN)', () => {
  const notations = [
    `+${T}`,
    `0${T}`,
    `${T}.0`,
    `${T}.`,
    `${T / 1000}e3`,
    `1.76375E12`,
    `0x${T.toString(16)}`,
    `0o${T.toString(8)}`,
    ` ${T}`,
    `${T} `,
    `${T}\t`,
    `1_763_750_000_000`,
    `${T}n`,
    `${T / 1000}`,
    `${T}000`,
    `-${T}`,
    `1763750000,000`,
    String(T).replace(/[0-9]/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
    String(T).replace(/[0-9]/g, (digit) => String.fromCharCode(0x660 + Number(digit))),
    new Date(T).toISOString(),
    'NaN',
  ];

  it.each(notations)('refuses %j, before and after the plain one was admitted', async (ts) => {
    const service = serve();
    expect(await service.outcome(signAt(ts))).toBe('malformed-signature');
    expect(await service.outcome(signAt(String(T)))).toBe('admitted');
    expect(await service.outcome(signAt(ts))).toBe('malformed-signature');
    expect(await service.outcome(signAt(String(T)))).toBe('replayed-nonce');
  });
});

describe('`ts` that parses to NaN', () => {
  it.each([
    'NaN',
    '',
    'abc',
    'Infinity',
    '-Infinity',
    'null',
    'undefined',
    '1763750000OOO',
    '\u0000',
    '[]',
    '{}',
  ])('refuses %j, whatever the clock says', async (ts) => {
    const service = serve();
    for (const nowMs of [T, 0, 9_999_999_999_999, T - 1]) {
      service.clock.nowMs = nowMs;
      expect(await service.outcome(signAt(ts))).toBe('malformed-signature');
    }
  });

  it('compares every time that it lets through: thirteen digits lie before, in or after the window', async () => {
    const service = serve();
    expect(await service.outcome(signAt('1000000000000'))).toBe('stale-timestamp');
    expect(await service.outcome(signAt('9999999999999'))).toBe('future-timestamp');
    expect(await service.outcome(sign({ signedAtMs: T - 300_000 }))).toBe('admitted');
    expect(await service.outcome(sign({ signedAtMs: T + 10_000 }))).toBe('admitted');
  });
});
