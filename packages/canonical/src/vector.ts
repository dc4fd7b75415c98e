/** The shapes of the published vectors, `vectors/*.json` (spec 7). Types alone: the files are data, and read by whoever runs them. */

/** A request, and what a verifier makes of its head (spec 7.1). */
export interface RequestVector {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The names to sign, in the order of the `headers` parameter. */
  readonly signed: readonly string[];
  readonly body?: string;
  readonly bodyBase64?: string;
  readonly keyId: string;
  readonly secret: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly scope: string;
  /** The authority that is addressed, raw. */
  readonly audience?: string;
  /** The verifier's `audience` option; any host without it. */
  readonly accept?: string | readonly string[];
  readonly requireSigned?: readonly string[];
  /** The field that carries the signature. */
  readonly header?: string;
  readonly canonical?: string;
  readonly signature?: string;
  readonly authorization?: string;
  /** The code of the refusal; then canonical string, signature and authorization may be absent. */
  readonly refused?: string;
  /** Why, for people. */
  readonly detail?: string;
}

/** A `Countersign-Verdict`, and whether the holder of the key may believe it (spec 7.2). */
export interface VerdictVector {
  readonly name: string;
  readonly secret: string;
  readonly keyId: string;
  readonly nonce: string;
  readonly requestSignature: string;
  readonly field: string;
  readonly code: string;
  readonly time: string;
  readonly deadSince: string;
  readonly retryAfterMs: string;
  readonly text: string;
  readonly signature: string;
  readonly refused?: true;
  readonly detail?: string;
}
