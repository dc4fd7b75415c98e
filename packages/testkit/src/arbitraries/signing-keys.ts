/**
 * Keys to sign with: ids, secrets as text and as bytes, and what a signature is made of besides the request (spec
 * 2.1, 2.3). Owners, limits and expiry belong to the server's tests.
 */
import { formatSecret } from '@countersign/canonical';
import fc from 'fast-check';
import { scopes } from './scopes.js';

/** A key as both sides know it. */
export interface SigningKey {
  readonly id: string;
  /** `cs1s_…` */
  readonly secret: string;
  readonly scopes: readonly string[];
}

const KEY_ID_CHARACTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-'];

/** A key id: 1 to 64 characters; names of `Object.prototype` among them. */
export function keyIds(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom('key_live_1', '__proto__', 'constructor', 'toString', '.', '-') },
    {
      weight: 3,
      arbitrary: fc.string({ unit: fc.constantFrom(...KEY_ID_CHARACTERS), minLength: 1, maxLength: 64 }),
    },
  );
}

/** A secret's bytes: 32 or more. */
export function secretOctets(): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: 32, maxLength: 80 });
}

/** A secret as text. */
export function secrets(): fc.Arbitrary<string> {
  return secretOctets().map(formatSecret);
}

/** A key that is granted one to three scopes. */
export function signingKeys(): fc.Arbitrary<SigningKey> {
  return fc.record({
    id: keyIds(),
    secret: secrets(),
    scopes: fc.array(scopes(), { minLength: 1, maxLength: 3 }),
  });
}

/** A nonce: a UUID of any version and variant. */
export function nonces(): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((octets) => Buffer.from(octets).toString('hex'))
    .map((hex) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
}

/** A timestamp: 13 digits, the first not 0. */
export function timestamps(): fc.Arbitrary<string> {
  return fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }).map(String);
}
