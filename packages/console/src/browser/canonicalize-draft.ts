/**
 * What stands in the fields of the page, as data. Nothing is decided here: `canonicalize-reading.ts` reads a draft.
 *
 * A control character has no place in a field of one line, so it is shown, and may be typed, as its picture (U+2400 and
 * on: a line feed is U+240A). One character stays one character: places in the shown text are places in the text meant.
 */

/** Which field of the page. An error is shown at one, and what made a line is marked in one. */
export type FieldName =
  | 'method'
  | 'target'
  | 'headers'
  | 'body'
  | 'keyId'
  | 'secret'
  | 'scope'
  | 'timestamp'
  | 'nonce'
  | 'signedNames'
  | 'signatureField'
  | 'audience'
  | 'requireSigned';

/** The fields as they are shown, and the body as bytes. */
export interface Draft {
  /** `sign`: a signature is made of the fields. `check`: the one among the header lines is read. */
  readonly mode: 'sign' | 'check';
  readonly method: string;
  /** A URL or a raw request target, octet by octet: no URL parser comes near it. */
  readonly target: string;
  /** One `Name: value` a line. */
  readonly headers: string;
  readonly body: Uint8Array;
  readonly keyId: string;
  readonly secret: string;
  readonly scope: string;
  readonly timestamp: string;
  readonly nonce: string;
  /** Names with `;` between them; `undefined`: those that a signer chooses. */
  readonly signedNames: string | undefined;
  /** The field that carries the signature; empty: the default. */
  readonly signatureField: string;
  /** The verifier's option: whatever is addressed, one name, or a list of names with spaces between them. */
  readonly audienceKind: 'any' | 'one' | 'list';
  readonly audience: string;
  /** The verifier's option: names with spaces between them. */
  readonly requireSigned: string;
}

const PICTURES = 0x2400;
const PICTURE_OF_DEL = 0x2421;

/** A text as a field of one line shows it. */
export function showControls(text: string): string {
  return text.replace(/[\0-\x08\x0a-\x1f\x7f]/g, (control) => {
    const code = control.charCodeAt(0);
    return String.fromCharCode(code === 0x7f ? PICTURE_OF_DEL : PICTURES + code);
  });
}

/** The text that a field shows: the inverse of `showControls`. */
export function readControls(shown: string): string {
  return shown.replace(/[\u2400-\u2408\u240a-\u241f\u2421]/g, (picture) => {
    const code = picture.charCodeAt(0);
    return String.fromCharCode(code === PICTURE_OF_DEL ? 0x7f : code - PICTURES);
  });
}

/** Bytes as base64, or `undefined` when the text is not that. White space does not count. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** The inverse of `bytesOfBase64`. */
export function base64OfBytes(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The text of these bytes, where a text area can hold it as it is: UTF-8, and no line end but LF. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\r') ? undefined : text;
  } catch {
    return undefined;
  }
}
