/**
 * The target that an adapter hands to the verifier: the raw one, with what an edge has stripped from it, as long as
 * the framework routes on the same.
 */
import { canonicalTarget } from '@countersign/canonical';

const ABSOLUTE_FORM = /^(https?:\/\/[^/?]*)(.*)$/is;

/** Puts `prefix` before the path of a raw target. What is neither in origin-form nor absolute-form stays as it is. */
export function withPrefix(target: string, prefix: string): string {
  if (prefix === '') return target;
  if (target.startsWith('/')) return prefix + target;
  const [, origin, rest] = ABSOLUTE_FORM.exec(target) ?? [];
  if (origin === undefined || rest === undefined) return target;
  return `${origin}${prefix}${rest.startsWith('/') ? rest : `/${rest}`}`;
}

/**
 * The raw target, unless the framework routed the request by another one: then that one, so that a handler is never
 * reached with a path or query that was not signed. A hostile Host field can bring that about where a framework makes
 * a URL of it.
 *
 * @param routed path and query by which the framework routed
 */
export function routedTarget(raw: string, routed: string): string {
  if (raw === routed) return raw;
  const sent = pathAndQuery(raw);
  // The verifier refuses it, and says why.
  if (sent === undefined) return raw;
  return pathAndQuery(routed) === sent ? raw : routed;
}

function pathAndQuery(target: string): string | undefined {
  try {
    const { path, query } = canonicalTarget(target);
    // A URL parser escapes the apostrophe of a query, and nothing else that the canonical form leaves.
    return `${path}?${query.replaceAll("'", '%27')}`;
  } catch {
    return undefined;
  }
}
