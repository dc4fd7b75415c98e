/**
 * Budgets that only failures cost, on rate-limiter-flexible. A failure is taken *before* the password is looked at and
 * given back when it was right, so that a hundred guesses at once find a counter that has counted them already.
 */
import type { RateLimiterMemory } from 'rate-limiter-flexible';
import { RateLimiterRes } from 'rate-limiter-flexible';

export interface FailureBudget {
  /** Its windows are fixed: across an edge of two, up to twice its points fit. */
  readonly limiter: RateLimiterMemory;
  readonly key: string;
}

export type Reservation =
  | { readonly ok: true; readonly giveBack: () => Promise<void> }
  | { readonly ok: false; readonly retryAfterMs: number };

/** What a window that ends within this time would get back is not worth a mistake. */
const EDGE_MS = 1_000;

/** Takes one failure from each budget, or from none. */
export async function reserveFailure(budgets: readonly FailureBudget[]): Promise<Reservation> {
  const taken: { budget: FailureBudget; endsAtMs: number }[] = [];
  const giveBack = async (): Promise<void> => {
    for (const { budget, endsAtMs } of taken) {
      // Given back to the next window, it would be more than was taken.
      if (Date.now() < endsAtMs - EDGE_MS) await budget.limiter.reward(budget.key);
    }
  };
  for (const budget of budgets) {
    const { consumedPoints, msBeforeNext } = await consume(budget);
    taken.push({ budget, endsAtMs: Date.now() + msBeforeNext });
    if (consumedPoints > budget.limiter.points) {
      // The library counts refused ones too; they, and what was taken before them, have to be given back.
      await giveBack();
      return { ok: false, retryAfterMs: msBeforeNext };
    }
  }
  return { ok: true, giveBack };
}

/** The library rejects with the same object that it resolves to; with an Error when its store is down. */
async function consume({ limiter, key }: FailureBudget): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key);
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return refused;
    throw refused;
  }
}
