/**
 * Secrets as text and as keys (spec 2.3), and the HMAC under them. It does not make secrets: 32 random bytes
 * and `formatSecret` do.
 */
import { hmacSha256 } from '#hash';
import { isKeyId } from './authorization.js';
import { requireText } from './wrong-option.js';

const PREFIX = 'cs1s_';
const MIN_SECRET_BYTES = 32;
/** Unused bits are zero, which the last character shows: then one secret has one text. */
const SECRET_TEXT = /^cs1s_((?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?)$/;

/** A secret made ready for use. Holds no text of the secret and prints none. */
export interface SecretKey {
  /** HMAC-SHA256 of a text under this secret: 64 lower-case hex digits. */
  readonly hmacHex: (text: string) => string;
}

/**
 * Reads a secret: `cs1s_` and canonical base64url of 32 bytes or more, or such bytes as they are.
 *
 * @throws TypeError when the text is anything else, or there are fewer than 32 bytes. The secret is not quoted.
 */
export function secretBytes(secret: string | Uint8Array): Uint8Array {
  const bytes = typeof secret === 'string' ? decodeSecret(secret) : secret;
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError('secret: expected cs1s_ and canonical base64url without padding, or a Uint8Array');
  }
  if (bytes.length < MIN_SECRET_BYTES) {
    throw new TypeError(`secret: needs ${MIN_SECRET_BYTES} bytes or more, has ${bytes.length}`);
  }
  return bytes;
}

/**
 * A key id from configuration. One that begins like a secret is a secret in the wrong place: ids go over the wire in the
 * clear and are quoted in errors, so it is refused, and not quoted.
 *
 * @param option how the error names it
 * @throws TypeError when it is not 1 to 64 of `A-Z a-z 0-9 . _ ~ -`, or begins with `cs1s_`
 */
export function requireKeyId(option: string, id: unknown): string {
  if (typeof id === 'string' && id.startsWith(PREFIX)) {
    throw new TypeError(`${option}: a secret is not a key id`);
  }
  return requireText(option, id, isKeyId, 'a key id: 1 to 64 of A-Z a-z 0-9 . _ ~ -');
}

/** Prepares a secret for many MACs. Throws as `secretBytes` does. */
export function importSecret(secret: string | Uint8Array): SecretKey {
  return { hmacHex: hmacSha256(Uint8Array.from(secretBytes(secret))) };
}

/** Writes 32 bytes or more as `cs1s_…`. Throws as `secretBytes` does. */
export function formatSecret(bytes: Uint8Array): string {
  return PREFIX + encodeBase64url(secretBytes(bytes));
}

/**
 * HMAC-SHA256 of a text as 64 lower-case hex digits. Text secrets are read as spec 2.3 says; bytes are the key as
 * they stand, of any length (the rule of 32 bytes is `secretBytes`'s, applied where secrets are configured).
 */
export function hmacSha256Hex(secret: SecretKey | string | Uint8Array, text: string): string {
  if (typeof secret === 'string') return importSecret(secret).hmacHex(text);
  return secret instanceof Uint8Array ? hmacSha256(secret)(text) : secret.hmacHex(text);
}

function decodeSecret(text: string): Uint8Array | undefined {
  const [, encoded] = SECRET_TEXT.exec(text) ?? [];
  if (encoded === undefined) return undefined;
  const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

function encodeBase64url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
