/**
 * The RateLimit fields (draft-ietf-httpapi-ratelimit-headers-10): what budgets exist on a request's path, and what
 * they have left. The draft may still change; only this module would. It decides nothing.
 */
import { serializeInteger, serializeString } from 'structured-headers';
import type { BudgetLevel } from './store.js';

/** A String that nothing in it has to be escaped in (RFC 9651 section 3.3.3), as the names of limits are. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** `RateLimit-Policy` (`q` units in `w` seconds) and `RateLimit` (`r` left, more after `t` seconds); none for no budget. */
export function rateLimitFields(levels: readonly BudgetLevel[]): Record<string, string> {
  let policies = '';
  let left = '';
  for (const { policy, limit, windowMs, remaining, resetMs } of levels) {
    const comma = policies === '' ? '' : ', ';
    const name = PLAIN.test(policy) ? `"${policy}"` : serializeString(policy);
    policies += `${comma}${name};q=${serializeInteger(limit)};w=${seconds(windowMs)}`;
    left += `${comma}${name};r=${serializeInteger(remaining)};t=${seconds(resetMs)}`;
  }
  return policies === '' ? {} : { 'ratelimit-policy': policies, ratelimit: left };
}

function seconds(ms: number): string {
  return serializeInteger(Math.ceil(ms / 1000));
}
