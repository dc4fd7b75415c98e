/**
 * The query pieces for which L1 does not hold, each with the parsers that break it. `l1-exceptions.test.ts` shows
 * every one of them; the properties leave out these and nothing else.
 */

/** A name that is not UTF-8. URLSearchParams, querystring and Express 5 take `%FE` and `%FF` for one name. */
export function hasNameThatIsNotUtf8(piece: string): boolean {
  return !isUtf8(piece.split('=', 1)[0] ?? '');
}

/** Anything that is not UTF-8. qs, Express 4 and Hono leave `%ff` and `%FF`, `%FF%41` and `%FFA` as they came. */
export function isNotUtf8(piece: string): boolean {
  return !isUtf8(piece);
}

/** A name in brackets that nothing stands before. qs and Express 4 take `[a]` for `a` and `[]` for `0`, `1`, … */
export function beginsWithClosedBracket(piece: string): boolean {
  const { key } = qsSplit(piece);
  if (!key.startsWith('[')) return false;
  let level = 0;
  for (const char of key) {
    if (char === '[') level++;
    if (char === ']') level--;
    if (level === 0) return true;
  }
  return false;
}

/** A `]=` behind the first `=`. qs and Express 4 split there, so the name they read is longer than its root. */
export function splitsAtLaterBracket(piece: string): boolean {
  const { key, splitAt, equalsAt } = qsSplit(piece);
  return splitAt > equalsAt && !/[[.]/.test(key.slice(0, key.indexOf('=')));
}

/** A name that begins with a dot. qs with allowDots takes `.a` for `a`. */
export function beginsWithReadDot(piece: string): boolean {
  return /^\.[^.[]/s.test(qsSplit(piece).key);
}

/** Where qs splits a piece, where everyone else does, and the name that qs reads, decoded. */
function qsSplit(piece: string): { key: string; splitAt: number; equalsAt: number } {
  const text = piece.replace(/%5B/gi, '[').replace(/%5D/gi, ']');
  const equalsAt = text.indexOf('=');
  const bracketAt = text.indexOf(']=');
  const splitAt = bracketAt < 0 ? equalsAt : bracketAt + 1;
  const name = splitAt < 0 ? text : text.slice(0, splitAt);
  return { key: isUtf8(name) ? decode(name) : name, splitAt, equalsAt };
}

function isUtf8(text: string): boolean {
  try {
    decode(text);
    return true;
  } catch {
    return false;
  }
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
