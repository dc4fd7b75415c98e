/** Two budgets that are never spent, and the peers that only count, in memory: fixed windows, one after the other. */
import type { Charge } from '@countersign/server';
import { MemoryStore as ExpressMemoryStore } from 'express-rate-limit';
import { MemoryStore as HonoMemoryStore } from 'hono-rate-limiter';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Charges both budgets of a key. */
export type Consume = (key: string) => Promise<unknown>;

export const HOUR: { readonly windowMs: number; readonly limit: number } = {
  windowMs: 3_600_000,
  limit: 1_000_000_000,
};
export const MINUTE: { readonly windowMs: number; readonly limit: number } = {
  windowMs: 60_000,
  limit: 100_000_000,
};

/** The same two as a store of Countersign is charged with. */
export const CHARGES: readonly Charge[] = [
  { policy: '*', ...HOUR, cost: 1 },
  { policy: 'orders', ...MINUTE, cost: 1 },
];

export function flexibleBudgets(): Consume {
  const [hour, minute] = [HOUR, MINUTE].map(
    ({ windowMs, limit }) =>
      new RateLimiterMemory({ points: limit, duration: windowMs / 1_000, keyPrefix: String(windowMs) }),
  );
  return async (key) => {
    await hour?.consume(key);
    await minute?.consume(key);
  };
}

/** What the middleware of express-rate-limit does once for each budget. */
export function expressBudgets(): Consume {
  const [hour, minute] = [HOUR, MINUTE].map(({ windowMs }) => {
    const store = new ExpressMemoryStore();
    store.init({ windowMs } as Parameters<typeof store.init>[0]);
    return store;
  });
  return async (key) => {
    await hour?.increment(key);
    await minute?.increment(key);
  };
}

/** What the middleware of hono-rate-limiter does once for each budget. */
export function honoBudgets(): Consume {
  const [hour, minute] = [HOUR, MINUTE].map(({ windowMs }) => {
    const store = new HonoMemoryStore();
    store.init({ windowMs } as Parameters<typeof store.init>[0]);
    return store;
  });
  return async (key) => {
    await hour?.increment(key);
    await minute?.increment(key);
  };
}
