/**
 * Which header fields are signed (spec 2.2, signed headers): the unsignable ones, those a signer signs whenever they
 * are present, those a verifier refuses unsigned.
 */

/** The field that carries the signature unless both sides agree on another. */
export const DEFAULT_SIGNATURE_FIELD = 'authorization';
/** The field that carries the authenticated verdict (spec 2.4). */
export const VERDICT_FIELD = 'countersign-verdict';

/** How many fields one signature may cover. */
export const MAX_SIGNED_FIELDS = 16;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

const UNSIGNABLE = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'keep-alive',
  'accept-encoding',
  'via',
  'forwarded',
  'cookie',
  'set-cookie',
]);

const REQUIRED = [
  'content-type',
  'content-encoding',
  'idempotency-key',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
];
const SIGNED_TOO = ['if-match', 'if-none-match', 'if-unmodified-since', 'range'];

/** Whether this is a field name in lower case (an RFC 9110 token). */
export function isFieldName(name: string): boolean {
  return TOKEN.test(name);
}

/** Whether a field may be signed when `signatureField` carries the signature. */
export function isSignable(name: string, signatureField: string): boolean {
  return (
    isFieldName(name) &&
    name !== signatureField &&
    !UNSIGNABLE.has(name) &&
    !name.startsWith('x-forwarded-') &&
    !name.startsWith('proxy-')
  );
}

/** The fields that a verifier refuses (`malformed-request`) when they are present and unsigned. */
export function fieldsRequiredSigned(signatureField: string): readonly string[] {
  return [...REQUIRED, DEFAULT_SIGNATURE_FIELD].filter((name) => isSignable(name, signatureField));
}

/** The fields that a signer signs whenever they are present. */
export function fieldsSignedWhenPresent(signatureField: string): readonly string[] {
  return [...fieldsRequiredSigned(signatureField), ...SIGNED_TOO].filter((name) => name !== signatureField);
}

/** Reads the `headers` parameter: signable names joined by `;`, ascending, none twice, 16 at most; or `undefined`. */
export function parseSignedNames(text: string, signatureField: string): readonly string[] | undefined {
  if (text === '') return [];
  const names = text.split(';');
  if (names.length > MAX_SIGNED_FIELDS) return undefined;
  let last = '';
  for (const name of names) {
    if (name <= last || !isSignable(name, signatureField)) return undefined;
    last = name;
  }
  return names;
}
