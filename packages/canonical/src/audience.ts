/**
 * The audience (spec 2.2): which authority a request is for, and whether it may be. The answer is part of what is
 * signed, so a request captured at one service is worth nothing at another that shares its keys.
 */
import { canonicalAuthority, requireAuthority } from './authority.js';
import { CanonicalError } from './errors.js';
import type { Fields } from './fields.js';

/** Accepts whatever authority was addressed. For development: it gives up the protection of the audience. */
export const ANY_HOST: unique symbol = Symbol('countersign.ANY_HOST');

/** One name (Host is not looked at), a list (the addressed authority must be in it), or `ANY_HOST`. */
export type Audience = string | readonly string[] | typeof ANY_HOST;

/** An audience option, checked and in canonical spelling. */
export type AudiencePolicy =
  | {
      /** The audience of every request; Host is not looked at. */
      readonly fixed: string;
    }
  | {
      /** The authorities that may be addressed; `undefined`: any. */
      readonly accepted: ReadonlySet<string> | undefined;
    };

/**
 * Reads an `audience` option.
 *
 * @throws TypeError when a name is not an authority, or the list is empty
 */
export function audiencePolicy(audience: Audience): AudiencePolicy {
  if (audience === ANY_HOST) return { accepted: undefined };
  if (typeof audience === 'string') return { fixed: requireAuthority('audience', audience) };
  if (!Array.isArray(audience) || audience.length === 0) {
    throw new TypeError('audience: expected a name such as "api.example.com", a list of them, or ANY_HOST');
  }
  return { accepted: new Set(audience.map((name: unknown) => requireAuthority('audience', name))) };
}

/**
 * The audience that the canonical string of this request has.
 *
 * @param targetAuthority the authority of an absolute-form target, in canonical spelling
 * @throws CanonicalError `malformed-request` for a Host that is needed and unusable, `wrong-audience`
 */
export function requestAudience(policy: AudiencePolicy, fields: Fields, targetAuthority?: string): string {
  if ('fixed' in policy) return policy.fixed;
  const addressed = targetAuthority ?? hostAuthority(fields);
  if (policy.accepted !== undefined && !policy.accepted.has(addressed)) {
    throw new CanonicalError('wrong-audience', `the request addresses ${addressed}`);
  }
  return addressed;
}

function hostAuthority(fields: Fields): string {
  // Node gives HTTP/2 pseudo-header fields among the others.
  const lines = fields.get(fields.has(':authority') ? ':authority' : 'host');
  const authority = lines.length === 1 ? canonicalAuthority(lines[0] ?? '') : undefined;
  if (authority === undefined) {
    throw new CanonicalError('malformed-request', 'the Host field is missing, repeated or malformed');
  }
  return authority;
}
