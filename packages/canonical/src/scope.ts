/**
 * Scopes (spec 2.1): paths of segments such as `orders:write:tenant-42`. Their grammar and what contains what; who
 * is granted which scope is the server's business.
 */

const SCOPE = /^[A-Za-z0-9._~-]{1,64}(?::[A-Za-z0-9._~-]{1,64}){0,7}$/;
const MAX_SCOPE_BYTES = 128;

/** Whether this is a scope of 1 to 8 segments and at most 128 bytes. The empty text is not: it means "no scope named". */
export function isScope(text: string): boolean {
  return text.length <= MAX_SCOPE_BYTES && SCOPE.test(text);
}

/** Whether `inner` is `outer` or lies below it. Both are scopes. */
export function scopeContains(outer: string, inner: string): boolean {
  return inner.startsWith(outer) && (inner.length === outer.length || inner[outer.length] === ':');
}

/** The scope and everything that contains it, deepest first: `a:b:c`, `a:b`, `a`. */
export function scopePath(scope: string): string[] {
  const path = [scope];
  for (let end = scope.lastIndexOf(':'); end > 0; end = scope.lastIndexOf(':', end - 1)) {
    path.push(scope.slice(0, end));
  }
  return path;
}
