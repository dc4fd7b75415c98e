/**
 * Signed request heads by hand, from the shared protocol alone: what a client in another language would send. Every
 * part can be set, the wrong ones too; nothing is checked and nothing is defaulted from a clock.
 */
import {
  canonicalAuthority,
  canonicalize,
  canonicalTarget,
  collectFields,
  formatAuthorization,
  hmacSha256Hex,
  sha256Hex,
  signedValue,
} from '@countersign/canonical';

/** What is signed. */
export interface SigningInput {
  readonly method?: string;
  readonly target?: string;
  /** The authority that is signed and sent as Host. */
  readonly audience?: string;
  /** Field lines beside Host and the signature. */
  readonly headers?: readonly (readonly [string, string])[];
  /** Names of the fields that are signed: lower case, ascending. Default: all of `headers`. */
  readonly signed?: readonly string[];
  readonly body?: string | Uint8Array;
  readonly keyId?: string;
  readonly secret?: string | Uint8Array;
  readonly signedAtMs: number;
  readonly nonce?: string;
  readonly scope?: string;
  /** The field that carries the signature. */
  readonly field?: string;
}

/** A head that a verifier takes, and the body that goes with it. */
export interface SignedHead {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | Uint8Array;
  readonly nonce: string;
  readonly sig: string;
}

export const TEST_SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
export const TEST_AUDIENCE = 'api.example.com';

/** Signs. Throws what the protocol throws for a request that has no canonical string. */
export function signHead(input: SigningInput): SignedHead {
  const { method = 'GET', target = '/v1/orders', audience = TEST_AUDIENCE, headers = [], body = '' } = input;
  const { keyId = 'key_1', secret = TEST_SECRET, nonce = crypto.randomUUID(), scope = '' } = input;
  const fields = collectFields(headers);
  const signed = input.signed ?? [...new Set(fields.names)].sort();
  const { path, query } = canonicalTarget(target);
  const authorization = {
    key: keyId,
    ts: String(input.signedAtMs),
    nonce,
    scope,
    digest: sha256Hex(body),
    headers: signed,
  };
  const text = canonicalize({
    ...authorization,
    method,
    audience: canonicalAuthority(audience) ?? audience,
    path,
    query,
    headers: signed.map((name) => [name, signedValue(fields, name)] as const),
  });
  const sig = hmacSha256Hex(secret, text);
  const field = [input.field ?? 'authorization', formatAuthorization({ ...authorization, sig })] as const;
  return { method, target, headers: [['host', audience], ...headers, field], body, nonce, sig };
}
