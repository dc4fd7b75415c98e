/**
 * The request target (spec 2.2): origin-form and absolute-form, from the bytes on the request line and never from
 * a URL that was parsed again.
 */
import { canonicalAuthority } from './authority.js';
import { CanonicalError } from './errors.js';
import { canonicalPath, refuseDotSegments } from './path.js';
import { canonicalQuery } from './query.js';

/** A target in canonical form. `authority` stands only where the target was in absolute form. */
export interface CanonicalTarget {
  /** From `/` on, each octet in its one spelling. */
  readonly path: string;
  /** Without the `?`; empty when there is no query. */
  readonly query: string;
  /** In canonical form; absent for a target in origin-form. */
  readonly authority?: string;
}

const ABSOLUTE_FORM = /^https?:\/\/([^/?]*)(.*)$/is;

/**
 * Reads a raw request target.
 *
 * @throws CanonicalError `malformed-target`, or `ambiguous-target` for a path with dot segments
 */
export function canonicalTarget(target: string): CanonicalTarget {
  if (target.startsWith('/')) return readPathAndQuery(target);
  const [, rawAuthority, rest] = ABSOLUTE_FORM.exec(target) ?? [];
  if (rawAuthority === undefined || rest === undefined) {
    throw new CanonicalError('malformed-target', 'the target is neither in origin-form nor an http(s) URL');
  }
  const authority = canonicalAuthority(rawAuthority);
  if (authority === undefined) {
    throw new CanonicalError('malformed-target', 'the authority of the target is malformed');
  }
  return { ...readPathAndQuery(rest.startsWith('/') ? rest : `/${rest}`), authority };
}

function readPathAndQuery(text: string): { path: string; query: string } {
  const mark = text.indexOf('?');
  const path = canonicalPath(mark < 0 ? text : text.slice(0, mark));
  const query = mark < 0 ? '' : canonicalQuery(text.slice(mark + 1));
  refuseDotSegments(path);
  return { path, query };
}
