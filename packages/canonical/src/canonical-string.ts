/**
 * The canonical string (spec 2.2): the text that is MACed, written from canonical parts and read back. It brings
 * nothing into canonical form; `target.ts`, `audience.ts` and `fields.ts` do.
 */
import { canonicalAuthority } from './authority.js';
import { isHex256, isKeyId, isNonce, isTimestamp, SCHEME } from './authorization.js';
import { CanonicalError, type RequestRefusal } from './errors.js';
import { DEFAULT_SIGNATURE_FIELD, parseSignedNames } from './field-names.js';
import { canonicalValue } from './fields.js';
import { isMethod } from './method.js';
import { isScope } from './scope.js';
import { canonicalTarget } from './target.js';

/** Everything that a signature covers, in canonical form. */
export interface RequestParts {
  /** Upper-case letters and hyphens, 32 at most (spec 2.2.1). */
  readonly method: string;
  /** The authority that the request is for: lower case, without the ports 80 and 443 (spec 2.2.3). */
  readonly audience: string;
  /** From `/` to before the first `?`, each octet in its one spelling, without dot segments (spec 2.2.4). */
  readonly path: string;
  /** Without the `?`, in the order of root names (spec 2.2.4); empty when there is none. */
  readonly query: string;
  /** SHA-256 of the body: 64 lower-case hex digits. */
  readonly digest: string;
  /** Unix time in milliseconds, 13 digits. */
  readonly ts: string;
  /** A UUID in lower case. */
  readonly nonce: string;
  /** The key id. */
  readonly key: string;
  /** The signed scope; empty for that of the route. */
  readonly scope: string;
  /** The signed fields, ascending by name. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const LINES_BEFORE_HEADERS = 10;

/**
 * Writes the canonical string. Different parts never give the same text: a part that would blur two lines is refused.
 *
 * @throws TypeError when a part holds a line feed or a field name a colon
 */
export function canonicalize(parts: RequestParts): string {
  let text = `${SCHEME}\n${parts.method}\n${parts.audience}\n${parts.path}\n${parts.query}\n${parts.digest}\n${parts.ts}\n${parts.nonce}\n${parts.key}\n${parts.scope}`;
  for (const [name, value] of parts.headers) {
    if (name.includes(':')) throw new TypeError(`headers: ${JSON.stringify(name)} is not a field name`);
    text += `\n${name}:${value}`;
  }
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  if (lines !== LINES_BEFORE_HEADERS + parts.headers.length) {
    throw new TypeError('parts: no part of a canonical string may hold a line feed');
  }
  return text;
}

/**
 * Reads a canonical string back into its parts, and refuses one that no request has.
 *
 * @param signatureField the field that carries the signature; it cannot be among the signed ones
 * @throws CanonicalError with the code that a request with such a part would earn
 */
export function parseCanonical(text: string, signatureField: string = DEFAULT_SIGNATURE_FIELD): RequestParts {
  const lines = text.split('\n');
  const [
    scheme,
    method = '',
    audience = '',
    path = '',
    query = '',
    digest = '',
    ts = '',
    nonce = '',
    key = '',
    scope,
  ] = lines;
  require(scheme === SCHEME &&
    scope !== undefined, 'malformed-signature', 'the text is not a canonical string');
  require(isMethod(method), 'malformed-request', 'the method cannot be signed');
  require(method !== 'CONNECT', 'malformed-target', 'CONNECT cannot be signed');
  require(canonicalAuthority(audience) === audience, 'malformed-request', 'the audience is not canonical');
  const target = canonicalTarget(`${path}?${query}`);
  require(target.path === path && target.query === query, 'malformed-target', 'the target is not canonical');
  require(isHex256(digest) &&
    isTimestamp(ts) &&
    isNonce(nonce) &&
    isKeyId(key), 'malformed-signature', 'digest, ts, nonce or key is malformed');
  require(scope === '' || isScope(scope), 'malformed-signature', 'the scope is malformed');
  const headers = lines.slice(LINES_BEFORE_HEADERS).map(readHeaderLine);
  const names = headers.map(([name]) => name).join(';');
  const ascending = parseSignedNames(names, signatureField)?.length === headers.length;
  require(ascending, 'malformed-signature', 'the header lines are not ascending, or not signable');
  return { method, audience, path, query, digest, ts, nonce, key, scope, headers };
}

function readHeaderLine(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  require(colon > 0, 'malformed-signature', 'a header line has no name');
  const name = line.slice(0, colon);
  const value = line.slice(colon + 1);
  require(canonicalValue(name, value) === value, 'malformed-request', 'a header value is not canonical');
  return [name, value];
}

function require(condition: boolean, code: RequestRefusal, message: string): asserts condition {
  if (!condition) throw new CanonicalError(code, message);
}
