/**
 * The query of a request target (spec 2.2): its one spelling, and its one order. Parameters that a parser could
 * take for one another keep the order they came in. It does not parse parameters: `a`, `a=` and empty pieces stay.
 */
import { CanonicalError } from './errors.js';
import { normalizeEscapes, requireWellFormed } from './percent.js';

const RESPELLED = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]/g;
/** Nothing in such a query is refused or has another spelling. */
const PLAIN = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/?]*$/;
/** What a name that is not its own root name holds. */
const NOT_ITS_ROOT = /[%+[.]/;
const MAX_QUERY_PIECES = 1000;

/**
 * The query in canonical spelling and order. The empty text stands for no query and for an empty one.
 *
 * @throws CanonicalError `malformed-target`
 */
export function canonicalQuery(raw: string): string {
  const query = PLAIN.test(raw) ? raw : canonicalSpelling(raw);
  const pieces = query.split('&');
  if (pieces.length > MAX_QUERY_PIECES) {
    throw new CanonicalError('malformed-target', `the query has more than ${MAX_QUERY_PIECES} pieces`);
  }
  if (isInOrder(pieces)) return query;
  return pieces
    .map((piece) => ({ piece, root: rootName(piece) }))
    .sort((a, b) => (a.root < b.root ? -1 : a.root > b.root ? 1 : 0))
    .map(({ piece }) => piece)
    .join('&');
}

function canonicalSpelling(raw: string): string {
  requireWellFormed(raw);
  return normalizeEscapes(raw, RESPELLED);
}

function isInOrder(pieces: readonly string[]): boolean {
  let last = '';
  for (const piece of pieces) {
    const root = rootName(piece);
    if (root < last) return false;
    last = root;
  }
  return true;
}

/**
 * The name that decides a query piece's place: what stands before the first `=`, decoded to octets (one character
 * each) with `+` as a space, and cut at the first `[` or `.`; of a name that begins with one, that character alone.
 */
export function rootName(piece: string): string {
  const equals = piece.indexOf('=');
  const name = equals < 0 ? piece : piece.slice(0, equals);
  if (!NOT_ITS_ROOT.test(name)) return name;
  const octets = name
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return /^(?:[[.]|[^[.]+)/.exec(octets)?.[0] ?? '';
}
