/**
 * What a verified signature covers, and nothing else. Scope, cost and budget functions receive this type, so that
 * what is unsigned cannot reach a budget's key: it has no way in.
 */
import type { RequestParts } from '@countersign/canonical';

declare const verified: unique symbol;

/** The covered parts of a request whose MAC was right. Only the verifier makes one. */
export interface SignedRequest extends RequestParts {
  readonly [verified]: true;
  /** `ts` as a number: Unix time in milliseconds by the client's clock. */
  readonly signedAtMs: number;
}

/** Declares parts to be verified. Called in one place, after the MAC was compared. */
export function signedRequest(parts: RequestParts): SignedRequest {
  return Object.freeze({ ...parts, signedAtMs: Number(parts.ts) }) as SignedRequest;
}
