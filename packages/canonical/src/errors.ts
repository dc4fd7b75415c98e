/**
 * The error of this package: a text that the protocol refuses, with the refusal code that a verifier answers.
 * A caller's own mistake (a wrong option, a weak secret) is a `TypeError` or `RangeError` instead.
 */

/** The refusals that a request's own bytes can earn, in the order in which they apply (spec 2.2). */
export const REQUEST_REFUSALS = [
  'missing-signature',
  'malformed-signature',
  'malformed-target',
  'ambiguous-target',
  'malformed-request',
  'wrong-audience',
] as const;

/** A refusal code of spec 2.2. */
export type RequestRefusal = (typeof REQUEST_REFUSALS)[number];

/** Thrown for input outside the grammar. `code` is stable; `message` is for people and may change. */
export class CanonicalError extends Error {
  /** Always `CanonicalError`. */
  override readonly name = 'CanonicalError';
  /** What a verifier answers to such a request. Stable. */
  readonly code: RequestRefusal;

  constructor(code: RequestRefusal, message: string) {
    super(message);
    this.code = code;
  }
}
