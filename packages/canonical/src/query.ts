/**
 * The query of a request target (spec 2.2): its one spelling, and its one order. Parameters that a parser could
 * take for one another keep the order they came in. It does not parse parameters: `a`, `a=` and empty pieces stay.
 */
import { CanonicalError } from './errors.js';
import { normalizeEscapes, requireWellFormed } from './percent.js';

const RESPELLED = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]/g;
const MAX_QUERY_PIECES = 1000;

/**
 * The query in canonical spelling and order. The empty text stands for no query and for an empty one.
 *
 * @throws CanonicalError `malformed-target`
 */
export function canonicalQuery(raw: string): string {
  requireWellFormed(raw);
  const pieces = normalizeEscapes(raw, RESPELLED).split('&');
  if (pieces.length > MAX_QUERY_PIECES) {
    throw new CanonicalError('malformed-target', `the query has more than ${MAX_QUERY_PIECES} pieces`);
  }
  if (pieces.length === 1) return pieces[0] ?? '';
  return pieces
    .map((piece) => ({ piece, root: rootName(piece) }))
    .sort((a, b) => (a.root < b.root ? -1 : a.root > b.root ? 1 : 0))
    .map(({ piece }) => piece)
    .join('&');
}

/**
 * The name that decides a query piece's place: what stands before the first `=`, decoded to octets (one character
 * each) with `+` as a space, and cut at the first `[` or `.`; of a name that begins with one, that character alone.
 */
export function rootName(piece: string): string {
  const equals = piece.indexOf('=');
  const name = equals < 0 ? piece : piece.slice(0, equals);
  const octets = name
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return /^(?:[[.]|[^[.]+)/.exec(octets)?.[0] ?? '';
}
