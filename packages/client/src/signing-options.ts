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
  requireText,
  type SecretKey,
  sha256Hex,
  signatureFieldName,
} from '@countersign/canonical';
import { requireList, requireType } from './option-kinds.js';
import { randomNonce } from './random-nonce.js';

/** Options of `createSigner`. */
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
  readonly signedWhenPresent: ReadonlySet<string>;
  readonly now: () => number;
  /** Throws TypeError when a given one does not make UUIDs. */
  readonly nonce: () => string;
  readonly debug: boolean;
  /** The digest of requests without a body. */
  readonly emptyDigest: string;
}

/** @throws TypeError that names the option */
export function readSignerOptions(options: SignerOptions): SigningConfig {
  const {
    keyId,
    secret,
    scope = '',
    audience,
    signHeaders = [],
    now = Date.now,
    nonce,
    debug = false,
  } = requireType('options', options, 'object');
  const header = signatureFieldName(options.header);
  const isAddable = (name: string): boolean => isSignable(name.toLowerCase(), header);
  const added = requireList('signHeaders', signHeaders).map((name) =>
    requireText(
      'signHeaders',
      name,
      isAddable,
      'a field that can be signed: not the signature itself, host, cookie or one that hops change',
    ).toLowerCase(),
  );
  return {
    keyId: requireKeyId('keyId', keyId),
    secret: importSecret(secret),
    scope: requireScope(scope),
    audience: audience === undefined ? undefined : requireAuthority('audience', audience),
    header,
    signedWhenPresent: new Set([...fieldsSignedWhenPresent(header), ...added]),
    now: requireType('now', now, 'function'),
    nonce: nonce === undefined ? randomNonce : checkedNonce(requireType('nonce', nonce, 'function')),
    debug: requireType('debug', debug, 'boolean'),
    emptyDigest: sha256Hex(''),
  };
}

/** @throws TypeError when this is neither a scope nor empty */
export function requireScope(scope: unknown): string {
  const expected = 'a scope: up to 8 segments of A-Z a-z 0-9 . _ ~ - joined by ":", 128 bytes in all';
  return scope === '' ? scope : requireText('scope', scope, isScope, expected);
}

function checkedNonce(nonce: () => string): () => string {
  return () => requireText('nonce', nonce(), isNonce, 'a UUID in lower case');
}
