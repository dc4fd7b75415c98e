/**
 * The signature field (spec 2.1): its one representation, read and written. Whether the signature is right is the
 * verifier's question.
 */
import { CanonicalError } from './errors.js';
import { DEFAULT_SIGNATURE_FIELD, parseSignedNames } from './field-names.js';
import { isScope } from './scope.js';

/** The scheme's name is the version: it heads the field and every canonical string. */
export const SCHEME = 'CS1-HMAC-SHA256';

/** The seven parameters. */
export interface AuthorizationFields {
  /** Key id: 1 to 64 of `A-Z a-z 0-9 . _ ~ -`. */
  readonly key: string;
  /** Unix time in milliseconds: 13 digits, the first not 0. */
  readonly ts: string;
  /** A UUID in lower case. */
  readonly nonce: string;
  /** A scope, or empty for the scope of the route. */
  readonly scope: string;
  /** SHA-256 of the body as transmitted: 64 lower-case hex digits. */
  readonly digest: string;
  /** Names of the signed header fields: lower case, ascending. */
  readonly headers: readonly string[];
  /** HMAC-SHA256 of the canonical string: 64 lower-case hex digits. */
  readonly sig: string;
}

/** How long the value of the signature field may be. */
export const MAX_FIELD_VALUE_BYTES = 2048;
/** The scheme of whatever else the field may hold. */
const LEADING_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+/;

/** The one form; what each parameter may be, the functions below say. */
const FORM =
  /^CS1-HMAC-SHA256 key="([^"]*)", ts="([^"]*)", nonce="([^"]*)", scope="([^"]*)", digest="([^"]*)", headers="([^"]*)", sig="([^"]*)"$/;
const KEY_ID = /^[A-Za-z0-9._~-]{1,64}$/;
const TIMESTAMP = /^[1-9][0-9]{12}$/;
const HEX_DIGITS: Uint8Array = /* @__PURE__ */ Uint8Array.from({ length: 128 }, (_, code) =>
  '0123456789abcdef'.includes(String.fromCharCode(code)) ? 1 : 0,
);

/** Whether this is a key id (spec 2.1): 1 to 64 of `A-Z a-z 0-9 . _ ~ -`. */
export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}

/** Whether this is a time as the protocol writes it (spec 2.1): 13 digits, the first not 0. */
export function isTimestamp(text: string): boolean {
  return TIMESTAMP.test(text);
}

/** Whether this is a UUID in lower case. */
export function isNonce(text: string): boolean {
  const hyphens = text[8] === '-' && text[13] === '-' && text[18] === '-' && text[23] === '-';
  return text.length === 36 && hyphens && hexDigits(text) === 32;
}

/** Whether this is SHA-256 or HMAC-SHA256 as the protocol writes it: 64 lower-case hex digits. */
export function isHex256(text: string): boolean {
  return text.length === 64 && hexDigits(text) === 64;
}

/** Counts by a table: random digits make a pattern guess wrong at every other one, which costs half of the reading. */
function hexDigits(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) count += HEX_DIGITS[text.charCodeAt(i)] ?? 0;
  return count;
}

/**
 * Reads the value of the signature field.
 *
 * @param signatureField the field's name in lower case; it cannot be among the signed ones
 * @throws CanonicalError `missing-signature` when the value holds another scheme, else `malformed-signature`
 */
export function parseAuthorization(
  value: string,
  signatureField: string = DEFAULT_SIGNATURE_FIELD,
): AuthorizationFields {
  const match = value.length <= MAX_FIELD_VALUE_BYTES ? FORM.exec(value) : null;
  if (match === null) {
    const scheme = LEADING_TOKEN.exec(value)?.[0];
    if (scheme !== undefined && scheme !== SCHEME) {
      throw new CanonicalError('missing-signature', `the ${signatureField} field holds another scheme`);
    }
    throw malformed(`the ${signatureField} field is not in the one form of ${SCHEME}`);
  }
  const [, key = '', ts = '', nonce = '', scope = '', digest = '', names = '', sig = ''] = match;
  if (!isKeyId(key)) throw malformed('the key parameter is not a key id');
  if (!isTimestamp(ts)) throw malformed('the ts parameter is not a time of 13 digits');
  if (!isNonce(nonce)) throw malformed('the nonce parameter is not a UUID in lower case');
  if (scope !== '' && !isScope(scope)) throw malformed('the scope parameter is not a scope');
  if (!isHex256(digest)) throw malformed('the digest parameter is not 64 lower-case hex digits');
  const headers = parseSignedNames(names, signatureField);
  if (headers === undefined) {
    throw malformed('the headers parameter is not an ascending list of at most 16 signable names');
  }
  if (!isHex256(sig)) throw malformed('the sig parameter is not 64 lower-case hex digits');
  return { key, ts, nonce, scope, digest, headers, sig };
}

function malformed(message: string): CanonicalError {
  return new CanonicalError('malformed-signature', message);
}

/** Writes the value of the signature field. The inverse of `parseAuthorization`; it checks nothing. */
export function formatAuthorization(fields: AuthorizationFields): string {
  const { key, ts, nonce, scope, digest, headers, sig } = fields;
  return `${SCHEME} key="${key}", ts="${ts}", nonce="${nonce}", scope="${scope}", digest="${digest}", headers="${headers.join(';')}", sig="${sig}"`;
}
