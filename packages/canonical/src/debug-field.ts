/**
 * The debug exchange (spec 8): a client sends the canonical string that it signed, so that the server can say where its
 * own differs. Off by default on both sides.
 */

/** The field of the request. */
export const DEBUG_FIELD = 'countersign-debug';

const MAX_DEBUG_CHARACTERS = 4096;

/**
 * The value of the field: base64url without padding; `undefined` when the string is too long to be sent.
 *
 * @throws TypeError when the text is not ASCII, as every canonical string is
 */
export function formatDebug(canonicalString: string): string | undefined {
  if (/[^\x00-\x7f]/.test(canonicalString)) throw new TypeError('canonicalString: expected ASCII');
  const encoded = btoa(canonicalString).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return encoded.length <= MAX_DEBUG_CHARACTERS ? encoded : undefined;
}

/** The text that a client sent, which may be anything; `undefined` for a value that is malformed or too long. */
export function parseDebug(value: string): string | undefined {
  const wellFormed =
    value.length <= MAX_DEBUG_CHARACTERS && /^[A-Za-z0-9_-]+$/.test(value) && value.length % 4 !== 1;
  return wellFormed ? atob(value.replaceAll('-', '+').replaceAll('_', '/')) : undefined;
}
