/** What a query means to whoever parsed it, in a form that can be compared. */

/** What node:url escapes in the query of an absolute-form target, which Express asks it for. */
const ESCAPED_BY_NODE_URL = /%(?:22|27|3C|3E|5C|5E|60|7B|7C|7D)/g;

/**
 * What a parser made of a query, for comparison. Where a query is not UTF-8, parsers leave some of its escapes as they
 * came, and `%27` may stand for an apostrophe.
 */
export function spelled(parsed: unknown, query: string): unknown {
  const plain: unknown = JSON.parse(JSON.stringify(parsed));
  return isUtf8(query) ? plain : unescaped(plain);
}

function unescaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(ESCAPED_BY_NODE_URL, octet);
  if (Array.isArray(value)) return value.map(unescaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([name, inner]) => [unescaped(name), unescaped(inner)]);
}

function octet(escaped: string): string {
  return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
}

function isUtf8(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The parameters of a query as URLSearchParams writes them, in their order. */
export function decoded(query: string): [string, string][] {
  const text = (part: string) => decodeURIComponent(part.replaceAll('+', ' '));
  if (query === '') return [];
  return query.split('&').map((piece) => {
    const equals = piece.indexOf('=');
    return [text(piece.slice(0, equals)), text(piece.slice(equals + 1))];
  });
}

/** The values of each name in their order. */
export function byName(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return values;
}
