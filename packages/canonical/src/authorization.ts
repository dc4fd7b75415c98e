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
const LEADING_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+/;

const KEY_ID = '[A-Za-z0-9._~-]{1,64}';
const TIMESTAMP = '[1-9][0-9]{12}';
const NONCE = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const HEX_256 = '[0-9a-f]{64}';
const VALUE = new RegExp(
  `^${SCHEME} key="(${KEY_ID})", ts="(${TIMESTAMP})", nonce="(${NONCE})", scope="([^"]*)", digest="(${HEX_256})", headers="([^"]*)", sig="(${HEX_256})"$`,
);

export const isKeyId: (text: string) => boolean = wholly(KEY_ID);
export const isTimestamp: (text: string) => boolean = wholly(TIMESTAMP);
export const isNonce: (text: string) => boolean = wholly(NONCE);
/** Whether this is SHA-256 or HMAC-SHA256 as the protocol writes it: 64 lower-case hex digits. */
export const isHex256: (text: string) => boolean = wholly(HEX_256);

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
  const scheme = LEADING_TOKEN.exec(value)?.[0];
  if (scheme !== undefined && scheme !== SCHEME) {
    throw new CanonicalError('missing-signature', `the ${signatureField} field holds another scheme`);
  }
  const match = value.length <= MAX_FIELD_VALUE_BYTES ? VALUE.exec(value) : null;
  if (match === null) {
    throw new CanonicalError(
      'malformed-signature',
      `the ${signatureField} field is not in the one form of ${SCHEME}`,
    );
  }
  const [, key = '', ts = '', nonce = '', scope = '', digest = '', names = '', sig = ''] = match;
  if (scope !== '' && !isScope(scope)) {
    throw new CanonicalError('malformed-signature', 'the scope parameter is not a scope');
  }
  const headers = parseSignedNames(names, signatureField);
  if (headers === undefined) {
    throw new CanonicalError(
      'malformed-signature',
      'the headers parameter is not an ascending list of at most 16 signable names',
    );
  }
  return { key, ts, nonce, scope, digest, headers, sig };
}

/** Writes the value of the signature field. The inverse of `parseAuthorization`; it checks nothing. */
export function formatAuthorization(fields: AuthorizationFields): string {
  const { key, ts, nonce, scope, digest, headers, sig } = fields;
  return `${SCHEME} key="${key}", ts="${ts}", nonce="${nonce}", scope="${scope}", digest="${digest}", headers="${headers.join(';')}", sig="${sig}"`;
}

function wholly(grammar: string): (text: string) => boolean {
  const pattern = new RegExp(`^${grammar}$`);
  return (text) => pattern.test(text);
}
