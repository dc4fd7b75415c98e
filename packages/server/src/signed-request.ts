/**
 * What a verified signature covers, and nothing else. Scope, cost and budget functions receive this type, so that
 * what is unsigned cannot reach a budget's key: it has no way in.
 */
import type { RequestParts } from '@countersign/canonical';

declare const verified: unique symbol;

/** The covered parts of a request whose MAC was right. Only the verifier makes one. */
export interface SignedRequest extends RequestParts {
  /** Keeps the type to the verifier: nothing else can make one. */
  readonly [verified]: true;
  /** `ts` as a number: Unix time in milliseconds by the client's clock. */
  readonly signedAtMs: number;
}

/** Declares parts to be verified. Called in one place, after the MAC was compared. */
export function signedRequest(parts: RequestParts): SignedRequest {
  const { method, audience, path, query, digest, ts, nonce, key, scope, headers } = parts;
  const signedAtMs = Number(ts);
  const covered = { method, audience, path, query, digest, ts, nonce, key, scope, headers, signedAtMs };
  return Object.freeze(covered) as SignedRequest;
}
