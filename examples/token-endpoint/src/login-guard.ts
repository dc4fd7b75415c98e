/**
 * How often a password may be guessed wrong: by one caller, and at one user name over all callers. A caller that has
 * logged a user in before has a budget of its own with that user, which no stranger can spend: strangers can make each
 * other wait, and nobody who has been here before (OWASP's device cookies, with a proof in place of the cookie).
 */
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { reserveFailure } from './failure-budgets.js';

/** Who asks, as far as that is certain. */
export interface Caller {
  /** By a signature, or by nothing but an address. The two never share a budget. */
  readonly kind: 'signed' | 'unsigned';
  /** The client that signed, or the group of addresses. */
  readonly id: string;
}

/** Failed logins in a quarter of an hour. */
export interface LoginLimits {
  /** Of one caller at one user that it has logged in before. Default 10. */
  readonly known?: number;
  /** Of all other callers of a kind together, at one user name. Default 10. */
  readonly userName?: number;
  /** Of one caller, at all user names that it has not logged in before. Default 30. */
  readonly caller?: number;
}

export type LoginOutcome =
  | { readonly outcome: 'right' | 'wrong' }
  | { readonly outcome: 'too-often'; readonly retryAfterMs: number };

export interface LoginGuard {
  /** @param check is not called when there were too many failures: not even the right password is told from others */
  attempt(caller: Caller, user: string, check: () => Promise<boolean>): Promise<LoginOutcome>;
}

const WINDOW_S = 15 * 60;
/** How many callers a user is remembered with, the latest first. Only the user's password can push one out. */
const KNOWN_CALLERS = 20;

export function createLoginGuard(limits: LoginLimits = {}): LoginGuard {
  const { known = 10, userName = 10, caller = 30 } = limits;
  const limiter = (keyPrefix: string, points: number): RateLimiterMemory =>
    new RateLimiterMemory({ keyPrefix, points, duration: WINDOW_S });
  const ofKnown = limiter('known', known);
  const ofUserName = limiter('user', userName);
  const ofCaller = limiter('caller', caller);
  const knownCallers = new Map<string, readonly string[]>();

  return {
    attempt: async ({ kind, id }, user, check) => {
      const who = `${kind} ${id}`;
      const callers = knownCallers.get(user) ?? [];
      const budgets = callers.includes(who)
        ? [{ limiter: ofKnown, key: `${who} ${user}` }]
        : [
            { limiter: ofCaller, key: who },
            { limiter: ofUserName, key: `${kind} ${user}` },
          ];
      const reservation = await reserveFailure(budgets);
      if (!reservation.ok) return { outcome: 'too-often', retryAfterMs: reservation.retryAfterMs };
      if (!(await check())) return { outcome: 'wrong' };
      await reservation.giveBack();
      const others = (knownCallers.get(user) ?? []).filter((other) => other !== who);
      knownCallers.set(user, [who, ...others].slice(0, KNOWN_CALLERS));
      return { outcome: 'right' };
    },
  };
}
