/**
 * `invalid-signature` for its several causes: does the time tell an unknown key from a known one with a wrong MAC, or from one that
 * is disabled, expired or being rotated? The whole verifier is timed. The control answers unknown keys before it computes a MAC.
 */
import {
  createVerifier,
  type IncomingRequest,
  type KeyConfig,
  keyring,
  type Verdict,
} from '@countersign/server';
import { signHead, TEST_AUDIENCE } from '@countersign/testkit';
import { POOL, type Subject } from './measure.js';

const NOW_MS = 1_763_750_000_000;

function secret(fill: number): Uint8Array {
  return new Uint8Array(32).fill(fill);
}

/** Ids of one length, so that no text is longer for one kind. */
const KEYS: Readonly<Record<string, KeyConfig>> = {
  key_known: { secret: secret(1), scopes: ['*'] },
  key_two__: { secrets: [{ secret: secret(2) }, { secret: secret(3) }], scopes: ['*'] },
  key_disab: { secret: secret(4), scopes: ['*'], disabled: true },
  key_expir: { secret: secret(5), scopes: ['*'], expiresAt: NOW_MS - 1 },
  ...Object.fromEntries(
    Array.from({ length: 500 }, (_, i) => [`key_${10_000 + i}`, { secret: secret(6), scopes: ['*'] }]),
  ),
};

const { verify } = createVerifier({
  keys: keyring(KEYS),
  audience: TEST_AUDIENCE,
  now: () => NOW_MS,
  failures: { limit: 1_000_000 },
});

/** Requests for a key, each signed under a secret that is nobody's. Read from bytes, as from a wire. */
function requests(keyId: string): IncomingRequest[] {
  return Array.from({ length: POOL }, () => {
    const head = signHead({ keyId, secret: secret(99), signedAtMs: NOW_MS, target: '/v1/orders?a=1' });
    const headers = head.headers.map(
      ([name, value]) => [name, Buffer.from(value).toString('latin1')] as const,
    );
    return { method: head.method, target: head.target, headers, address: '192.0.2.7' };
  });
}

const ROUTE = { scope: 'orders', body: '' };

function invalid(request: IncomingRequest): void {
  const verdict = verify(request, ROUTE) as Verdict;
  if (verdict.ok || (verdict.code !== 'invalid-signature' && verdict.code !== 'too-many-failures')) {
    throw new Error(`not invalid-signature: ${verdict.ok ? 'admitted' : verdict.code}`);
  }
}

/** A verifier as one might write it: it looks the key up, and has nothing to compute for one that is not there. */
function careless(request: IncomingRequest): void {
  const [, value = ''] = [...request.headers].find(([name]) => name === 'authorization') ?? [];
  if (Object.hasOwn(KEYS, /key="([^"]*)"/.exec(value)?.[1] ?? '')) invalid(request);
}

export function refusals(samples: number): Subject[] {
  const unknown = requests('key_nobod');
  const known = requests('key_known');
  const against = (name: string, keyId: string): Subject => {
    const others = requests(keyId);
    const kinds = [known, others];
    const call: Subject['call'] = (kind, index) => invalid(kinds[kind]?.[index] as IncomingRequest);
    return { name, about: `a wrong MAC of a known key, and one of ${name}`, calls: 1, samples, call };
  };
  return [
    against('a key that is unknown', 'key_nobod'),
    against('a key that is disabled', 'key_disab'),
    against('a key that has expired', 'key_expir'),
    against('a key with two secrets', 'key_two__'),
    {
      name: 'control: nothing is computed for unknown keys',
      about: 'a wrong MAC of a known key, and one of a key that is unknown',
      control: true,
      calls: 1,
      samples,
      call: (kind, index) => careless((kind === 0 ? known : unknown)[index] as IncomingRequest),
    },
  ];
}
