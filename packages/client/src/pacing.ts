/**
 * Pacing: what the RateLimit fields of earlier answers say (draft-ietf-httpapi-ratelimit-headers-10), and how long to
 * wait so as not to be refused. The fields are a hint that nobody signed: they delay a call, up to `maxWaitMs`, and
 * do nothing else. Loaded only with `pace: true`, because of the structured-fields parser.
 */
import { parseList } from 'structured-headers';

/** What is known of the budgets on one path: those of one origin and scope. */
export interface Pacing {
  /** How long to wait now, and takes one unit from each budget. 0 when it would be more than `maxWaitMs`. */
  waitMs(nowMs: number, maxWaitMs: number): number;
  /** Takes in a `RateLimit` field. One that is absent or malformed changes nothing. */
  learn(field: string | null | undefined, nowMs: number): void;
}

interface Budget {
  remaining: number;
  /** On the monotonic clock. */
  readonly resetAtMs: number;
}

const MAX_PATHS = 1000;

/** Gives the pacing of one path. */
export type Pacer = (origin: string, scope: string) => Pacing;

/** Starts with nothing known. Of more than 1,000 paths it forgets the one that it heard of longest ago. */
export function createPacer(): Pacer {
  const paths = new Map<string, Map<string, Budget>>();
  return (origin, scope) => {
    const path = `${origin} ${scope}`;
    return {
      waitMs: (nowMs, maxWaitMs) => {
        let waitMs = 0;
        for (const budget of paths.get(path)?.values() ?? []) {
          if (budget.remaining < 1) waitMs = Math.max(waitMs, budget.resetAtMs - nowMs);
          budget.remaining -= 1;
        }
        return waitMs > maxWaitMs ? 0 : waitMs;
      },
      learn: (field, nowMs) => {
        const budgets = readRateLimit(field ?? '', nowMs);
        if (budgets.size === 0) return;
        paths.delete(path);
        paths.set(path, budgets);
        const [first] = paths.keys();
        if (paths.size > MAX_PATHS && first !== undefined) paths.delete(first);
      },
    };
  };
}

function readRateLimit(field: string, nowMs: number): Map<string, Budget> {
  const budgets = new Map<string, Budget>();
  try {
    for (const [policy, parameters] of parseList(field)) {
      const remaining = parameters.get('r');
      const resetSeconds = parameters.get('t');
      if (typeof policy !== 'string' || typeof remaining !== 'number' || typeof resetSeconds !== 'number')
        continue;
      budgets.set(policy, { remaining, resetAtMs: nowMs + resetSeconds * 1000 });
    }
  } catch {
    // Not a List: a hint that cannot be read is none.
  }
  return budgets;
}
