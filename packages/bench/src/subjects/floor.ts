/**
 * The floor: what nobody who covers the body and the request can leave out, by the fastest that node:crypto has. The
 * SHA-256 of the body, and the HMAC of the canonical string with a key that was made ready before.
 */
import { createHash, createHmac, createSecretKey, hash } from 'node:crypto';
import { canonicalize, canonicalTarget } from '@countersign/canonical';
import type { Call } from '../alternate.js';
import { type Body, CONTENT_TYPE, HOST, METHOD, TARGET } from '../order-request.js';
import { repeated } from './calls.js';

const FLOOR = 'floor: SHA-256 and HMAC';
export const USUAL_FLOOR = 'createHash and createHmac';

/** @param form text for the side that signs, bytes for the one that verifies */
export function floor(body: Body, form: 'text' | 'bytes'): Call<undefined> {
  const data = body[form];
  const text = canonicalText(body);
  const key = createSecretKey(Buffer.alloc(32, 7));
  return repeated({
    name: FLOOR,
    role: 'floor',
    note: `node:crypto; canonical string of ${text.length} bytes`,
    call: () => hash('sha256', data, 'hex') + createHmac('sha256', key).update(text).digest('hex'),
  });
}

/** The same with the objects that node:crypto has for it, as it is written by most. */
export function usualFloor(body: Body, form: 'text' | 'bytes'): Call<undefined> {
  const data = body[form];
  const text = canonicalText(body);
  const key = Buffer.alloc(32, 7);
  return repeated({
    name: USUAL_FLOOR,
    role: 'floor',
    note: 'the same hashes, the usual way',
    call: () =>
      createHash('sha256').update(data).digest('hex') + createHmac('sha256', key).update(text).digest('hex'),
  });
}

/** SHA-256 of the body alone. */
export function sha256Alone(body: Body): Call<undefined> {
  return repeated({
    name: 'SHA-256 alone',
    role: 'floor',
    note: 'node:crypto',
    call: () => hash('sha256', body.bytes, 'hex'),
  });
}

function canonicalText(body: Body): string {
  return canonicalize({
    ...canonicalTarget(TARGET),
    method: METHOD,
    audience: HOST,
    digest: hash('sha256', body.bytes, 'hex'),
    ts: '1763750000000',
    nonce: '0f8fad5b-d9cb-469f-a165-70867728950e',
    key: 'key_live_1',
    scope: 'orders:write',
    headers: [['content-type', CONTENT_TYPE]],
  });
}
