/**
 * The options of a signer, checked once. A wrong one throws and names the option; no secret is ever quoted.
 */
import {
  canonicalAuthority,
  fieldsSignedWhenPresent,
  importSecret,
  isKeyId,
  isNonce,
  isScope,
  isSignable,
  type SecretKey,
  signatureFieldName,
} from '@countersign/canonical';
import { v4 } from 'uuid';

export interface SignerOptions {
  /** 1 to 64 of `A-Z a-z 0-9 . _ ~ -`. */
  readonly keyId: string;
  /** `cs1s_…`, or 32 bytes or more (spec 2.3). */
  readonly secret: string | Uint8Array;
  /** The scope of requests that name none. Default: empty, which means the scope of the route. */
  readonly scope?: string;
  /** The authority that the server takes itself for, where it is not the URL's host. Default: the URL's host. */
  readonly audience?: string;
  /** The field that carries the signature. Default `authorization`. */
  readonly header?: string;
  /** Fields to sign when present, besides those that always are (spec 2.2). */
  readonly signHeaders?: readonly string[];
  /** The local clock: Unix time in milliseconds. Default `Date.now`. */
  readonly now?: () => number;
  /** A fresh UUID in lower case for each signature. Default: version 4. */
  readonly nonce?: () => string;
  /** Adds a `countersign-debug` field with what was signed, for a server that is in debug mode too. */
  readonly debug?: boolean;
}

export interface SigningConfig {
  readonly keyId: string;
  readonly secret: SecretKey;
  readonly scope: string;
  readonly audience: string | undefined;
  readonly header: string;
  /** Ascending. */
  readonly signedWhenPresent: readonly string[];
  readonly now: () => number;
  /** Throws TypeError when a given one does not make UUIDs. */
  readonly nonce: () => string;
  readonly debug: boolean;
}

/** @throws TypeError that names the option */
export function readSignerOptions(options: SignerOptions): SigningConfig {
  const {
    keyId,
    scope = '',
    audience,
    signHeaders = [],
    now = Date.now,
    nonce = v4,
    debug = false,
  } = options;
  if (!isKeyId(keyId)) throw new TypeError(`keyId: ${JSON.stringify(keyId)} is not a key id`);
  const header = signatureFieldName(options.header);
  const added = signHeaders.map((name) => name.toLowerCase());
  for (const name of added) {
    if (!isSignable(name, header))
      throw new TypeError(`signHeaders: ${JSON.stringify(name)} cannot be signed`);
  }
  return {
    keyId,
    secret: importSecret(options.secret),
    scope: requireScope(scope),
    audience: audience === undefined ? undefined : requireAuthority('audience', audience),
    header,
    signedWhenPresent: [...new Set([...fieldsSignedWhenPresent(header), ...added])].sort(),
    now: requireFunction('now', now),
    nonce: nonce === undefined ? v4 : checkedNonce(requireFunction('nonce', nonce)),
    debug,
  };
}

/** @throws TypeError when this is neither a scope nor empty */
export function requireScope(scope: string): string {
  if (scope !== '' && !isScope(scope)) throw new TypeError(`scope: ${JSON.stringify(scope)} is not a scope`);
  return scope;
}

/** @throws TypeError when this is not a host with an optional port */
export function requireAuthority(option: string, text: string): string {
  const authority = canonicalAuthority(text);
  if (authority === undefined) {
    throw new TypeError(`${option}: ${JSON.stringify(text)} is not a host with an optional port`);
  }
  return authority;
}

/** @throws TypeError that names the option */
export function requireFunction<T>(option: string, value: T): T {
  if (typeof value !== 'function') throw new TypeError(`${option}: expected a function`);
  return value;
}

function checkedNonce(nonce: () => string): () => string {
  return () => {
    const text = nonce();
    if (!isNonce(text)) throw new TypeError(`nonce: ${JSON.stringify(text)} is not a UUID in lower case`);
    return text;
  };
}
