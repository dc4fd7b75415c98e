/**
 * Step 7: admission. What the store is asked, and what its answer means; how it is asked is in `ask-store.ts`.
 */
import type { ReadRequest } from '@countersign/canonical';
import type { Clock } from '../clock.js';
import { type Refusal, refusal } from '../refusals.js';
import { shown } from '../shown.js';
import type { Admission, AdmissionResult, BudgetLevel, Charge } from '../store.js';

const NONCE_BYTES = 16;
/** By the digit's character code. */
const HEX_VALUES = new Uint8Array(128);
for (const [value, digit] of [...'0123456789abcdef'].entries()) HEX_VALUES[digit.charCodeAt(0)] = value;

/** The admission that a proved request asks for. */
export function admissionOf(
  request: ReadRequest,
  owner: string,
  charges: readonly Charge[],
  withinMs: number,
): Admission {
  const { key, nonce, ts } = request.authorization;
  return { key, owner, nonce: nonceBytes(nonce), signedAtMs: Number(ts), charges, withinMs };
}

/** Puts a store's answer into the verifier's words: what is left, or a refusal. */
export function judgeAdmission(result: AdmissionResult, clock: Clock): readonly BudgetLevel[] | Refusal {
  switch (result?.outcome) {
    case 'admitted':
      // A store of somebody else's may leave them out.
      return result.levels ?? [];
    case 'replayed':
      // Dead since its admission, at the latest since now.
      return refusal('replayed-nonce', 'this (key, nonce) was admitted before', {
        deadSinceMs: clock.nowMs(),
      });
    case 'limited': {
      const spent = result.levels.filter((level) => level.violated);
      const names = spent.map((level) => level.policy);
      const forever = result.retryAfterMs === undefined;
      return refusal('rate-limited', `${forever ? 'over the limit by itself: ' : ''}${names.join(', ')}`, {
        levels: result.levels,
        members: {
          'violated-policies': names,
          ...(forever
            ? { detail: 'The cost of this request is above a limit: it can never be admitted.' }
            : {}),
        },
        ...(result.retryAfterMs === undefined ? {} : { retryAfterMs: result.retryAfterMs }),
      });
    }
    case 'stale':
      return refusal('stale-timestamp', 'outside the acceptance window of the store', {
        deadSinceMs: result.deadSinceMs,
      });
    case 'future':
      return refusal('future-timestamp', 'ahead of the acceptance window of the store');
    case 'recovering':
      return refusal('store-recovering', 'signed at or before the horizon of the store', {
        deadSinceMs: result.deadSinceMs,
        retryAfterMs: result.retryAfterMs,
      });
    case 'unavailable':
      return refusal('store-unavailable', result.reason, { retryAfterMs: result.retryAfterMs });
    default:
      // Not one of the contract's answers: whatever it is, it is no admission.
      return refusal('store-unavailable', `the store gave no outcome: ${shown(result)}`, {
        retryAfterMs: 1000,
      });
  }
}

/** The 16 octets of a UUID in lower case. */
function nonceBytes(uuid: string): Uint8Array {
  const bytes = new Uint8Array(NONCE_BYTES);
  let at = 0;
  for (let i = 0; i < NONCE_BYTES; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) at++;
    bytes[i] = hexValue(uuid, at) * 16 + hexValue(uuid, at + 1);
    at += 2;
  }
  return bytes;
}

function hexValue(hex: string, at: number): number {
  return HEX_VALUES[hex.charCodeAt(at)] ?? 0;
}
