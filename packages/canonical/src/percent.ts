/**
 * Percent-encoding (spec 2.2): one spelling for each octet that has several. It decodes unreserved characters
 * only, so the meaning of a target never changes; which characters stand as they are is the caller's rule.
 */
import { CanonicalError } from './errors.js';

const NOT_VISIBLE_ASCII = /[^\x21-\x7e]/;
const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * Refuses what no target may hold: a raw space, control, `#` or non-ASCII character, a `%` without two hex digits.
 *
 * @throws CanonicalError `malformed-target`
 */
export function requireWellFormed(text: string): void {
  if (NOT_VISIBLE_ASCII.test(text)) {
    throw new CanonicalError(
      'malformed-target',
      'the target holds a space, a control or a non-ASCII character',
    );
  }
  if (text.includes('#')) throw new CanonicalError('malformed-target', 'the target holds a raw #');
  if (BROKEN_ESCAPE.test(text)) {
    throw new CanonicalError('malformed-target', 'the target holds a % without two hex digits');
  }
}

/**
 * Gives each octet its one spelling. `respelled` is a global pattern that matches every escape and every character
 * that may not stand raw; what it does not match stays as it is.
 */
export function normalizeEscapes(text: string, respelled: RegExp): string {
  return text.replace(respelled, (match) => {
    if (match.length === 1) return `%${match.charCodeAt(0).toString(16).toUpperCase()}`;
    const char = String.fromCharCode(Number.parseInt(match.slice(1), 16));
    return UNRESERVED.test(char) ? char : match.toUpperCase();
  });
}
