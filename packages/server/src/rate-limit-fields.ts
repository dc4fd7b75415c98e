/**
 * The RateLimit fields (draft-ietf-httpapi-ratelimit-headers-10): what budgets exist on a request's path, and what
 * they have left. The draft may still change; only this module would. It decides nothing.
 */
import { type Item, serializeList } from 'structured-headers';
import type { BudgetLevel } from './store.js';

/** `RateLimit-Policy` (`q` units in `w` seconds) and `RateLimit` (`r` left, more after `t` seconds); none for no budget. */
export function rateLimitFields(levels: readonly BudgetLevel[]): Record<string, string> {
  if (levels.length === 0) return {};
  return {
    'ratelimit-policy': serializeList(
      levels.map(({ policy, limit, windowMs }): Item => item(policy, { q: limit, w: seconds(windowMs) })),
    ),
    ratelimit: serializeList(
      levels.map(
        ({ policy, remaining, resetMs }): Item => item(policy, { r: remaining, t: seconds(resetMs) }),
      ),
    ),
  };
}

function item(policy: string, parameters: Record<string, number>): Item {
  return [policy, new Map(Object.entries(parameters))];
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
