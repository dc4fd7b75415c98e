/**
 * The options of a signer, checked once. A wrong one throws and names the option; no secret is ever quoted.
 */
import {
  fieldsSignedWhenPresent,
  importSecret,
  isNonce,
  isScope,
  isSignable,
  requireAuthority,
  requireKeyId,
  type SecretKey,
  signatureFieldName,
} from '@countersign/canonical';
import { v4 } from 'uuid';
import { requireBoolean, requireFunction, requireList, requireObject, shown } from './option-kinds.js';

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
  } = requireObject('options', options);
  const header = signatureFieldName(options.header);
  const added = requireList('signHeaders', signHeaders).map((given: unknown) => {
    const name = typeof given === 'string' ? given.toLowerCase() : '';
    if (isSignable(name, header)) return name;
    throw new TypeError(`signHeaders: ${shown(given)} cannot be signed`);
  });
  return {
    keyId: requireKeyId('keyId', keyId),
    secret: importSecret(options.secret),
    scope: requireScope(scope),
    audience: audience === undefined ? undefined : requireAuthority('audience', audience),
    header,
    signedWhenPresent: [...new Set([...fieldsSignedWhenPresent(header), ...added])].sort(),
    now: requireFunction('now', now),
    nonce: nonce === undefined ? v4 : checkedNonce(requireFunction('nonce', nonce)),
    debug: requireBoolean('debug', debug),
  };
}

/** @throws TypeError when this is neither a scope nor empty */
export function requireScope(scope: unknown): string {
  if (typeof scope === 'string' && (scope === '' || isScope(scope))) return scope;
  throw new TypeError(`scope: ${shown(scope)} is not a scope`);
}

function checkedNonce(nonce: () => string): () => string {
  return () => {
    const text = nonce();
    if (typeof text !== 'string' || !isNonce(text))
      throw new TypeError(`nonce: ${shown(text)} is not a UUID in lower case`);
    return text;
  };
}
