/**
 * Texts that strangers or stores wrote, made fit for a page: short, and without what looks like a secret. It works on
 * a bounded piece of each text, because it runs on the request's path.
 */

const MAX_TEXT_CHARS = 160;
const MAX_QUERY_NAMES = 8;
const MAX_NAME_CHARS = 32;
/** Secrets as text (spec 2.3), which end up in the wrong place; MACs and digests; the userinfo of an address. */
const SECRET = /cs1s_[\w-]*|[0-9a-f]{64,}|(?<=:\/\/)[^/?#@]*@/gi;

/** The text, cut to 160 characters, with secrets and signatures left out. */
export function redact(text: string): string {
  const piece = text.slice(0, 2 * MAX_TEXT_CHARS).replace(SECRET, '…');
  return piece.length > MAX_TEXT_CHARS ? `${piece.slice(0, MAX_TEXT_CHARS - 1)}…` : piece;
}

/**
 * A raw target without what its query says: names stay, values are cut, and so is a piece without `=`, which may be a
 * token by itself.
 */
export function shownTarget(target: string): string {
  const piece = target.slice(0, 1024);
  const mark = piece.search(/[?#]/);
  if (mark < 0) return redact(piece);
  const names = piece
    .slice(mark + 1)
    .split('&', MAX_QUERY_NAMES + 1)
    .map((pair) =>
      pair.includes('=') ? `${pair.slice(0, Math.min(pair.indexOf('='), MAX_NAME_CHARS))}=…` : '…',
    );
  if (names.length > MAX_QUERY_NAMES) names[MAX_QUERY_NAMES] = '…';
  return `${redact(piece.slice(0, mark))}${piece.charAt(mark)}${redact(names.join('&'))}`;
}
