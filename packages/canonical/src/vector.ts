/** The shapes of the published vectors, `vectors/*.json` (spec 7). Types alone: the files are data, and read by whoever runs them. */

/** A request, and what a verifier makes of its head (spec 7.1). */
export interface RequestVector {
  /** Unique in all files. */
  readonly name: string;
  /** As on the request line. */
  readonly method: string;
  /** The raw request target. */
  readonly target: string;
  /** Field lines in their order. The runner adds `Host` and the signature field (spec 7.1). */
  readonly headers: readonly (readonly [string, string])[];
  /** The names to sign, in the order of the `headers` parameter. */
  readonly signed: readonly string[];
  /** A text, sent as UTF-8. */
  readonly body?: string;
  /** A body that is no text, in base64 with padding. Each vector has this or `body`. */
  readonly bodyBase64?: string;
  /** The key id that signs. */
  readonly keyId: string;
  /** The secret as text, `cs1s_…`. */
  readonly secret: string;
  /** Unix time in milliseconds, 13 digits. */
  readonly timestamp: string;
  /** A UUID in lower case. */
  readonly nonce: string;
  /** The signed scope; empty for that of the route. */
  readonly scope: string;
  /** The authority that is addressed, raw. */
  readonly audience?: string;
  /** The verifier's `audience` option; any host without it. */
  readonly accept?: string | readonly string[];
  /** The verifier's `requireSigned` option; none without it. */
  readonly requireSigned?: readonly string[];
  /** The field that carries the signature. */
  readonly header?: string;
  /** The canonical string. */
  readonly canonical?: string;
  /** Its HMAC under the secret: 64 lower-case hex digits. */
  readonly signature?: string;
  /** The value of the signature field. */
  readonly authorization?: string;
  /** The code of the refusal; then canonical string, signature and authorization may be absent. */
  readonly refused?: string;
  /** Why, for people. */
  readonly detail?: string;
}

/** A `Countersign-Verdict`, and whether the holder of the key may believe it (spec 7.2). */
export interface VerdictVector {
  /** Unique in all files. */
  readonly name: string;
  /** Of the request that the verdict is tried against. */
  readonly secret: string;
  /** The key id of that request. */
  readonly keyId: string;
  /** The nonce of that request. */
  readonly nonce: string;
  /** The `sig` of that request. */
  readonly requestSignature: string;
  /** The value of `Countersign-Verdict`. */
  readonly field: string;
  /** The `code` parameter. */
  readonly code: string;
  /** The `time` parameter. */
  readonly time: string;
  /** The `dead-since` parameter; may be empty. */
  readonly deadSince: string;
  /** The `retry-after-ms` parameter; may be empty. */
  readonly retryAfterMs: string;
  /** The text that is MACed. */
  readonly text: string;
  /** Its HMAC under the secret. */
  readonly signature: string;
  /** The field is no verdict about this request: it is not to be believed. */
  readonly refused?: true;
  /** Why, for people. */
  readonly detail?: string;
}
