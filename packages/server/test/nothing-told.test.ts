/** What refusals do not tell: which of its causes `invalid-signature` had, and anything that was made from a secret. */
import { createHmac } from 'node:crypto';
import { canonicalize, readRequest, requestPolicy, secretBytes } from '@countersign/canonical';
import { junkRequests, runs, signHead, TEST_AUDIENCE, TEST_SECRET } from '@countersign/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createVerifier, type KeyConfig, keyring, type Verdict, type VerdictEvent } from '../src/index.js';

const NOW_MS = 1_763_750_000_000;
const OTHER_SECRET = new Uint8Array(32).fill(7);
const ROUTE = { scope: 'orders', body: '' };

function verifier(keys: Record<string, KeyConfig>, options: { debug?: boolean; receipts?: boolean } = {}) {
  const events: VerdictEvent[] = [];
  const { verify } = createVerifier({
    keys: keyring(keys),
    audience: TEST_AUDIENCE,
    now: () => NOW_MS,
    failures: { limit: 1_000_000 },
    onVerdict: (event) => events.push(event),
    ...options,
  });
  return { verify, events };
}

it('gives one answer for every cause of invalid-signature, to the octet, in debug too', async () => {
  const scopes = ['*'];
  const keys: Record<string, KeyConfig> = {
    wrong: { secret: TEST_SECRET, scopes },
    disabled: { secret: TEST_SECRET, scopes, disabled: true },
    expired: { secret: TEST_SECRET, scopes, expiresAt: NOW_MS },
    not_yet: { secret: TEST_SECRET, scopes, notBefore: NOW_MS + 1 },
    replaced: { secrets: [{ secret: TEST_SECRET, expiresAt: NOW_MS }, { secret: OTHER_SECRET }], scopes },
  };
  const causes = ['unknown', '__proto__', ...Object.keys(keys)];
  for (const debug of [false, true]) {
    const { verify } = verifier(keys, { debug });
    const answers = await Promise.all(
      causes.map(async (keyId) => {
        const secret = keyId === 'wrong' ? OTHER_SECRET : TEST_SECRET;
        const head = signHead({ keyId, secret, signedAtMs: NOW_MS, body: '' });
        const verdict: Verdict = await verify(head, ROUTE);
        if (verdict.ok) throw new Error(`${keyId} was admitted`);
        const { code, status, headers, problem, retryAfterMs } = verdict;
        return JSON.stringify({ code, status, headers, problem, retryAfterMs });
      }),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('"invalid-signature"');
  }
});

it('no error, event or answer holds a secret, or a MAC that the caller does not have', () => {
  const bytes = Buffer.from(secretBytes(TEST_SECRET));
  const secrets = [
    TEST_SECRET.slice(5),
    bytes.toString('hex'),
    bytes.toString('base64'),
    [...bytes].join(','),
  ];
  const policy = requestPolicy({ audience: TEST_AUDIENCE });
  const { verify, events } = verifier(
    { key_1: { secret: TEST_SECRET, scopes: ['orders'], limits: { '*': '5/d' } } },
    { debug: true, receipts: true },
  );
  let expected = 0;
  fc.assert(
    fc.property(junkRequests(NOW_MS), ({ body, ...head }) => {
      const verdict = verify(head, { ...ROUTE, body }) as Verdict;
      const told = JSON.stringify([verdict, events.pop()]);
      for (const secret of secrets) expect(told).not.toContain(secret);
      if (verdict.ok || verdict.code !== 'invalid-signature') return;
      const { parts, authorization } = readRequest(head, policy);
      const mac = createHmac('sha256', bytes).update(canonicalize(parts)).digest('hex');
      expect(authorization.sig).not.toBe(mac);
      expect(told).not.toContain(mac);
      expected++;
    }),
    { numRuns: runs(2_000) },
  );
  // The interesting ones were among them: well-formed, with another MAC than the right one.
  expect(expected).toBeGreaterThan(runs(2));
});

it('errors about secrets do not quote them', () => {
  const wrong = [
    TEST_SECRET.slice(0, 30),
    `${TEST_SECRET}=`,
    TEST_SECRET.replace('cs1s', 'CS1S'),
    `${TEST_SECRET} `,
  ];
  for (const secret of wrong) {
    let message = '';
    try {
      keyring({ key_1: { secret, scopes: ['*'] } });
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/^TypeError: keys\.key_1\.secret/);
    expect(message).not.toContain(secret.slice(5, 25));
  }
});
