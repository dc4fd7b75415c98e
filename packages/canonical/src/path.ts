/**
 * The path of a request target (spec 2.2): its one spelling, and the dot segments that make it ambiguous.
 * Nothing ambiguous is repaired.
 */
import { CanonicalError } from './errors.js';
import { normalizeEscapes, requireWellFormed } from './percent.js';

const RESPELLED = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/g;
/** Nothing in such a path is refused or has another spelling. */
const PLAIN = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;
const ENCODED_CONTROL = /%(?:[01][0-9A-Fa-f]|7[Ff])/;
/** A piece between `/`, `%2F` and `%5C` that is `.` or `..` before its first raw `;`. */
const DOT_SEGMENT = /(?:^|\/|%2F|%5C)\.\.?(?:;|\/|%2F|%5C|$)/;

/**
 * The path in canonical spelling.
 *
 * @throws CanonicalError `malformed-target`
 */
export function canonicalPath(raw: string): string {
  if (PLAIN.test(raw)) return raw;
  requireWellFormed(raw);
  if (raw.includes('\\')) throw new CanonicalError('malformed-target', 'the path holds a raw backslash');
  if (ENCODED_CONTROL.test(raw)) {
    throw new CanonicalError('malformed-target', 'the path holds an encoded control character');
  }
  return normalizeEscapes(raw, RESPELLED);
}

/**
 * Refuses a canonical path that another parser could shorten.
 *
 * @throws CanonicalError `ambiguous-target`
 */
export function refuseDotSegments(path: string): void {
  if (path.includes('.') && DOT_SEGMENT.test(path)) {
    throw new CanonicalError('ambiguous-target', 'the path holds a dot segment');
  }
}
