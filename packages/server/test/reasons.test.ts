/** What the operator's hook hears: the reason of every refusal names what was wrong with that one request. */
import { importSecret, openVerdict } from '@countersign/canonical';
import {
  type SignedHead,
  type SigningInput,
  signHead,
  TEST_AUDIENCE,
  TEST_SECRET,
} from '@countersign/testkit';
import { expect, it } from 'vitest';
import {
  type AdmissionResult,
  createVerifier,
  type KeyDirectory,
  keyring,
  type Store,
  type Verdict,
  type VerdictEvent,
  type VerifierOptions,
  type VerifyOptions,
} from '../src/index.js';

const T = 1_763_750_000_000;
const KEYS = keyring({ key_1: { secret: TEST_SECRET, scopes: ['orders'] } });

interface Case {
  readonly sign?: Partial<SigningInput>;
  readonly change?: (head: SignedHead) => SignedHead;
  readonly options?: Partial<VerifierOptions>;
  readonly route?: VerifyOptions;
  readonly address?: string;
  /** How often it is sent before. */
  readonly before?: number;
}

async function verdictOn({ sign, change = (head) => head, options, route, address, before = 0 }: Case) {
  const events: VerdictEvent[] = [];
  const verifier = createVerifier({
    ...{ keys: KEYS, audience: TEST_AUDIENCE, now: () => T, onVerdict: (event) => events.push(event) },
    ...options,
  });
  const head = change(signHead({ signedAtMs: T, ...sign }));
  let verdict: Verdict | undefined;
  for (let sent = 0; sent <= before; sent++) {
    verdict = await verifier.verify(address === undefined ? head : { ...head, address }, {
      ...{ scope: 'orders', body: head.body },
      ...route,
    });
  }
  return { verdict, event: events.at(-1) };
}

const answering = (admit: () => unknown): Partial<VerifierOptions> => ({
  store: { admit: admit as Store['admit'] },
  storeTimeoutMs: 20,
});
const storeSays = (result: AdmissionResult) => answering(() => result);
const directory = (find: () => unknown): Partial<VerifierOptions> => ({
  keys: { peek: () => undefined, find: find as KeyDirectory['find'] },
});
const throwing = (error: Error) => () => {
  throw error;
};
const level = (policy: string, violated: boolean) => ({
  ...{ policy, limit: 1, windowMs: 1000, remaining: 0, resetMs: 1 },
  ...(violated ? { violated: true as const } : {}),
});

it.each<[string, Case]>([
  ['invalid-signature: no such key, or it was not asked for', { sign: { keyId: 'nobody' } }],
  [
    'invalid-signature: the key is not usable now, or none of its secrets gives this MAC',
    { sign: { secret: new Uint8Array(32) } },
  ],
  [`stale-timestamp: signed at ${T - 300_001}, the clock is at ${T}`, { sign: { signedAtMs: T - 300_001 } }],
  [`future-timestamp: signed at ${T + 10_001}, the clock is at ${T}`, { sign: { signedAtMs: T + 10_001 } }],
  ['scope-mismatch: signed for invoices, the route is orders', { sign: { scope: 'invoices' } }],
  [
    'scope-mismatch: signed for the child orders:write of orders, which the route does not allow',
    { sign: { scope: 'orders:write' } },
  ],
  [
    'scope-mismatch: the route has no scope for this request: undefined',
    { route: { scope: () => undefined } },
  ],
  ['scope-mismatch: the route has no scope for this request: "a b"', { route: { scope: () => 'a b' } }],
  [
    'scope-mismatch: the scope function threw: Error: no',
    { route: { scope: throwing(new Error('no')) as () => string } },
  ],
  ['scope-not-granted: key key_1 is not granted invoices', { route: { scope: 'invoices' } }],
  [
    'body-too-large: the body has more than 3 bytes',
    { sign: { body: 'four' }, options: { maxBodyBytes: 3 } },
  ],
  [
    'digest-mismatch: the SHA-256 of the body differs from the signed digest',
    { change: (head) => ({ ...head, body: 'other' }) },
  ],
  ['replayed-nonce: this (key, nonce) was admitted before', { before: 1 }],
  [
    'rate-limited: over the limit by itself: orders 5/60s',
    { options: { limits: { orders: '5/m' } }, route: { cost: 6 } },
  ],
  [
    'rate-limited: a, c',
    {
      options: storeSays({
        outcome: 'limited',
        levels: [level('a', true), level('b', false), level('c', true)],
        retryAfterMs: 1,
      }),
    },
  ],
  [
    'stale-timestamp: outside the acceptance window of the store',
    { options: storeSays({ outcome: 'stale', deadSinceMs: T }) },
  ],
  [
    'future-timestamp: ahead of the acceptance window of the store',
    { options: storeSays({ outcome: 'future' }) },
  ],
  [
    'store-recovering: signed at or before the horizon of the store',
    { options: storeSays({ outcome: 'recovering', deadSinceMs: T, retryAfterMs: 7 }) },
  ],
  [
    'store-unavailable: it sleeps',
    { options: storeSays({ outcome: 'unavailable', reason: 'it sleeps', retryAfterMs: 7 }) },
  ],
  ['store-unavailable: the store gave no outcome: undefined', { options: answering(() => undefined) }],
  ['store-unavailable: the store gave no outcome: "admitted"', { options: answering(() => 'admitted') }],
  [
    'store-unavailable: the store failed: Error: broken',
    { options: answering(throwing(new Error('broken'))) },
  ],
  [
    'store-unavailable: the store failed: Error: broken',
    { options: answering(async () => throwing(new Error('broken'))()) },
  ],
  [
    'store-unavailable: the store gave no answer within 20 ms',
    { options: answering(() => new Promise(() => {})) },
  ],
  [
    'store-unavailable: the key directory failed: Error: down',
    { options: directory(throwing(new Error('down'))) },
  ],
  [
    'store-unavailable: the key directory failed: Error: down: Error: refused',
    { options: directory(async () => throwing(new Error('down', { cause: new Error('refused') }))()) },
  ],
  [
    'store-unavailable: the key directory failed: TypeError: asked for key key_1, got what defineKey did not make of it',
    { options: directory(() => ({ id: 'key_1' })) },
  ],
  [
    'too-many-failures: invalid-signature: no such key, or it was not asked for',
    { sign: { keyId: 'nobody' }, address: '192.0.2.1', before: 1, options: { failures: { limit: 1 } } },
  ],
])('%s', async (reason, one) => {
  const { event } = await verdictOn(one);
  expect(`${event?.code}: ${event?.reason}`).toBe(reason);
});

it.each<[string, Case, object]>([
  [
    'a second for a store that fails',
    { options: answering(throwing(new Error('no'))) },
    { retryAfterMs: 1000 },
  ],
  [
    'a second for a store that is late',
    { options: answering(() => new Promise(() => {})) },
    { retryAfterMs: 1000 },
  ],
  [
    'a second for a store that gives nothing',
    { options: answering(() => undefined) },
    { retryAfterMs: 1000 },
  ],
  [
    'a second for keys that cannot be had',
    { options: directory(throwing(new Error('no'))) },
    { retryAfterMs: 1000 },
  ],
  [
    'what a store says that cannot tell',
    { options: storeSays({ outcome: 'unavailable', reason: 'asleep', retryAfterMs: 7 }) },
    { retryAfterMs: 7, headers: { 'retry-after': '1' } },
  ],
  [
    'what a store says that recovers',
    { options: storeSays({ outcome: 'recovering', deadSinceMs: T - 3, retryAfterMs: 2001 }) },
    { retryAfterMs: 2001, headers: { 'retry-after': '3' } },
  ],
])('the caller is told to wait %s', async (_, one, answer) => {
  expect((await verdictOn(one)).verdict).toMatchObject(answer);
});

it.each<[string, Case, number | undefined]>([
  ['a replay, at the latest now', { before: 1 }, T],
  [
    'what the store calls stale, when it says',
    { options: storeSays({ outcome: 'stale', deadSinceMs: T - 3 }) },
    T - 3,
  ],
  [
    'what fell under a horizon, when the store says',
    { options: storeSays({ outcome: 'recovering', deadSinceMs: T - 4, retryAfterMs: 1 }) },
    T - 4,
  ],
  ['what is from the future: never', { options: storeSays({ outcome: 'future' }) }, undefined],
  ['what the store could not tell of: never', { options: answering(() => undefined) }, undefined],
])('the verdict says since when the signature is dead: %s', async (_, one, deadSinceMs) => {
  const head = signHead({ signedAtMs: T });
  const { verdict } = await verdictOn({ ...one, change: () => head });
  const field = verdict?.headers['countersign-verdict'] ?? '';
  const opened = openVerdict(
    importSecret(TEST_SECRET),
    { key: 'key_1', nonce: head.nonce, sig: head.sig },
    field,
  );
  expect(opened).toMatchObject({ timeMs: T });
  expect(opened?.deadSinceMs).toBe(deadSinceMs);
});

it('takes a store at its word that leaves out what budgets have left', async () => {
  const { verdict } = await verdictOn({ options: answering(() => ({ outcome: 'admitted' })) });
  expect(verdict).toMatchObject({ ok: true, budgets: [] });
});

it('a store is asked for what was signed, nonce and time in binary, within the time that it has', async () => {
  const asked: unknown[] = [];
  const nonce = '0f8fad5b-d9cb-469f-a165-70867728950e';
  await verdictOn({
    sign: { nonce, signedAtMs: T - 5 },
    options: { ...answering((...admission: unknown[]) => asked.push(...admission)), limits: { '*': '3/m' } },
    route: { cost: 2 },
  });
  expect(asked).toEqual([
    {
      ...{ key: 'key_1', owner: 'key_1', signedAtMs: T - 5, withinMs: 20 },
      nonce: Uint8Array.from(Buffer.from(nonce.replaceAll('-', ''), 'hex')),
      charges: [{ policy: '* 3/60s', limit: 3, windowMs: 60_000, cost: 2 }],
    },
  ]);
});
