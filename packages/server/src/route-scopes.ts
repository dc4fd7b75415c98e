/**
 * Scopes by route, for handlers that no router calls: a table of method and path, matched against the canonical path.
 * What the table does not know has no scope, and is refused. It does not route, and it decodes nothing.
 */
import { CanonicalError, canonicalTarget, isMethod, isScope } from '@countersign/canonical';
import { type MatchFunction, match, PathError, parse, type Token } from 'path-to-regexp';
import type { SignedRequest } from './signed-request.js';

/**
 * What the parameters of a path hold, by name: the text as it stands in the canonical path, so `%2F` stays `%2F`.
 * A `:` is given as `%3A`, so that no parameter can add a segment to a scope that is made of it.
 */
export type PathParams<Entry extends string> = string extends Entry
  ? Readonly<Record<string, string>>
  : { readonly [Name in NamesAfter<':', Unescaped<Entry>> | NamesAfter<'*', Unescaped<Entry>>]: string };

/** A scope, or a function that makes one of what is signed; `undefined` refuses the request. */
export type ScopeOfRoute<Entry extends string> =
  | string
  | ((signed: SignedRequest, params: PathParams<Entry>) => string | undefined);

type Unescaped<Path extends string> = Path extends `${infer Before}\\${infer _}${infer After}`
  ? Unescaped<`${Before}/${After}`>
  : Path;
type NamesAfter<Mark extends string, Path extends string> = Path extends `${string}${Mark}${infer Rest}`
  ? LeadingName<Rest> | NamesAfter<Mark, Rest>
  : never;
type LeadingName<Text extends string, Name extends string = ''> = Text extends `${infer Char}${infer Rest}`
  ? Char extends NameChar
    ? LeadingName<Rest, `${Name}${Char}`>
    : Name
  : Name;
type Letter =
  | ('a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm')
  | ('n' | 'o' | 'p' | 'q' | 'r' | 's' | 't' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z');
type NameChar =
  | Letter
  | Uppercase<Letter>
  | '0'
  | '1'
  | '2'
  | '3'
  | '4'
  | '5'
  | '6'
  | '7'
  | '8'
  | '9'
  | '_'
  | '$';

type Params = Readonly<Record<string, string>>;
type AnyScope = string | ((signed: SignedRequest, params: Params) => string | undefined);

interface Route {
  readonly entry: string;
  readonly match: MatchFunction<Record<string, string>>;
  readonly scope: AnyScope;
}

const ENTRY = /^([^ ]+) (\/.*)$/;
const NAME = /^[A-Za-z_$][A-Za-z0-9_$]*$/;
/** Stands in for whatever a parameter may hold: no canonical path holds it, so no literal text is it. */
const ANYTHING = '\u{e000}';
const ANYTHING_WITH_SLASHES = [ANYTHING, `${ANYTHING}/${ANYTHING}`, `${ANYTHING}/${ANYTHING}/${ANYTHING}`];

/**
 * Makes a scope function of a table such as `{ 'POST /v1/orders': 'orders:write' }`. A key is an upper-case method, a
 * space and a canonical path, in which `:name` stands for a segment or a part of one, and `*name` for several. The
 * first entry that matches counts. Case counts, and so does a `/` at the end. HEAD has the scope of GET where the
 * table does not list it.
 *
 * @throws TypeError naming the entry that is malformed, or that an earlier one hides
 */
export function routeScopes<const Entry extends string>(
  routes: { readonly [E in Entry]: ScopeOfRoute<E> },
): (signed: SignedRequest) => string | undefined;
export function routeScopes(
  routes: Readonly<Record<string, AnyScope>>,
): (signed: SignedRequest) => string | undefined {
  const byMethod = new Map<string, Route[]>();
  for (const [entry, scope] of Object.entries(routes)) {
    const [, method = '', path = ''] = ENTRY.exec(entry) ?? [];
    if (!isMethod(method)) refuse(entry, 'expected an upper-case method, a space and a path');
    if (!isRouteScope(scope)) refuse(entry, 'expected a scope such as "orders:write", or a function');
    const { tokens, matches } = readPath(entry, path);
    const earlier = byMethod.get(method) ?? [];
    const hiding = earlier.find((other) => samplePaths(tokens).every((sample) => other.match(sample)));
    if (hiding !== undefined) refuse(entry, `can never be reached behind ${JSON.stringify(hiding.entry)}`);
    byMethod.set(method, [...earlier, { entry, match: matches, scope }]);
  }

  const find = (method: string, path: string): { scope: AnyScope; params: Params } | undefined => {
    for (const { match, scope } of byMethod.get(method) ?? []) {
      const found = match(path);
      if (found !== false) return { scope, params: withoutColons(found.params) };
    }
    return undefined;
  };
  return (signed) => {
    const { method, path } = signed;
    const found = find(method, path) ?? (method === 'HEAD' ? find('GET', path) : undefined);
    if (found === undefined) return undefined;
    const { scope, params } = found;
    return typeof scope === 'string' ? scope : scope(signed, params);
  };
}

function readPath(entry: string, path: string): { tokens: readonly Token[]; matches: Route['match'] } {
  try {
    const { tokens } = parse(path);
    const names = tokens.flatMap((token) => ('name' in token ? [token.name] : []));
    if (tokens.some(({ type }) => type === 'group')) refuse(entry, 'for an optional part write two entries');
    if (!names.every((name) => NAME.test(name))) refuse(entry, 'a name is letters, digits, _ and $');
    if (new Set(names).size < names.length) refuse(entry, 'two parameters have one name');
    const example = spell(tokens, 'x');
    const canonical = canonicalTarget(example).path;
    if (canonical !== example) refuse(entry, `not canonical: ${example} would be ${canonical}`);
    return { tokens, matches: match(path, { sensitive: true, trailing: false, decode: false }) };
  } catch (error) {
    if (error instanceof PathError || error instanceof CanonicalError) refuse(entry, error.message);
    throw error;
  }
}

/** Paths of this form that together are matched only by what matches all paths of this form. */
function samplePaths(tokens: readonly Token[]): string[] {
  return ANYTHING_WITH_SLASHES.map((several) => spell(tokens, ANYTHING, several));
}

function spell(tokens: readonly Token[], param: string, wildcard: string = param): string {
  const spelt = tokens.map((token) => {
    if (token.type === 'text') return token.value;
    return token.type === 'wildcard' ? wildcard : param;
  });
  return spelt.join('');
}

function isRouteScope(scope: AnyScope): boolean {
  return typeof scope === 'function' || (typeof scope === 'string' && isScope(scope));
}

function withoutColons(params: Params): Params {
  const safe: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(params)) safe[name] = value.replaceAll(':', '%3A');
  return Object.freeze(safe);
}

function refuse(entry: string, why: string): never {
  throw new TypeError(`routes[${JSON.stringify(entry)}]: ${why}`);
}
