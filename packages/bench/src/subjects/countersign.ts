/** Countersign as it is used: one signer, one verifier on the memory store with two budgets that are never spent. */
import { createSigner, type Signer } from '@countersign/client';
import { createVerifier, keyring, type Limits, type Store, type Verifier } from '@countersign/server';
import type { Call } from '../alternate.js';
import { type Body, CONTENT_TYPE, HOST, METHOD, TARGET, URL_TEXT } from '../order-request.js';
import { made, repeated } from './calls.js';

export const COUNTERSIGN = 'countersign';
export const SCOPE = 'orders:write';
/** The second key's budget is one request a day: whatever else it signs is over the limit. */
export const LIMITED_KEY = 'key_limited';

const SECRET = Buffer.alloc(32, 7);
const LIMITS: Limits = { '*': '1000000000/h', orders: '100000000/m' };
const PEER_ADDRESS = '203.0.113.7';

type Lines = readonly (readonly [name: string, value: string])[];

export function benchSigner(keyId = 'key_live_1', now: () => number = Date.now): Signer {
  return createSigner({ keyId, secret: SECRET, scope: SCOPE, now });
}

export function benchVerifier(store?: Store, now?: () => number): Verifier {
  const scopes = ['orders'];
  return createVerifier({
    audience: HOST,
    keys: keyring({
      key_live_1: { secret: SECRET, scopes },
      [LIMITED_KEY]: { secret: SECRET, scopes, limits: { orders: '1/d' } },
    }),
    limits: LIMITS,
    ...(store === undefined ? {} : { store }),
    ...(now === undefined ? {} : { now, monotonicNow: now }),
  });
}

export function signWithCountersign(body: Body, form: 'text' | 'bytes' = 'text'): Call<undefined> {
  const signer = benchSigner();
  const input = {
    method: METHOD,
    url: URL_TEXT,
    headers: { 'content-type': CONTENT_TYPE },
    body: body[form],
  };
  return repeated({
    name: COUNTERSIGN,
    role: 'us',
    note: 'signer.sign',
    call: () => signer.sign(input)['authorization'],
  });
}

/** One for all sizes of the body, as a server has. With a second verifier V8 gives up what it knew of the first's closures. */
const pair = { signer: benchSigner(), verifier: benchVerifier() };

export function verifyWithCountersign(body: Body): Call<Lines> {
  const { signer, verifier } = pair;
  return {
    name: COUNTERSIGN,
    role: 'us',
    note: 'MAC, digest, freshness, scope, replay, two budgets',
    prepare: (count) => made(count, () => signedLines(signer, body)),
    call: (lines) => verifyOrder(verifier, lines, body),
  };
}

/** Field lines as they come over the wire from a usual client. */
export function signedLines(signer: Signer, body: Body): Lines {
  const { authorization = '' } = signer.sign({
    method: METHOD,
    url: URL_TEXT,
    headers: { 'content-type': CONTENT_TYPE },
    body: body.bytes,
  });
  return [
    ['Host', HOST],
    ['Connection', 'keep-alive'],
    ['User-Agent', 'bench'],
    ['Accept', '*/*'],
    ['Content-Type', CONTENT_TYPE],
    ['Content-Length', String(body.bytes.length)],
    ['Authorization', authorization],
  ];
}

/** Verifies and admits; throws when it was refused. */
export function verifyOrder(verifier: Verifier, headers: Lines, { bytes }: Body): unknown {
  const verdict = verifier.verify(
    { method: METHOD, target: TARGET, headers, address: PEER_ADDRESS },
    { scope: SCOPE, body: bytes },
  );
  if (verdict instanceof Promise) throw new Error('the memory store answers at once');
  if (!verdict.ok) throw new Error(`countersign refused: ${verdict.code}`);
  return verdict;
}
