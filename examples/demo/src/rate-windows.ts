/**
 * Law L7 checked by brute force: no window of a budget's length holds more than its limit, wherever it begins. It
 * shares no code with the product.
 */
import type { AdmissionEntry } from './server/journal.js';

/** The fullest window of one budget in one life of a server: budgets in memory end with their process. */
export interface FullestWindow {
  readonly owner: string;
  readonly policy: string;
  readonly limit: number;
  readonly units: number;
}

interface Charged {
  readonly atMs: number;
  readonly cost: number;
}

/** For each budget that was charged. Every admission is tried as the beginning of a half-open window. */
export function fullestWindows(admissions: readonly AdmissionEntry[]): FullestWindow[] {
  const budgets = new Map<string, FullestWindow & { windowMs: number; charged: Charged[] }>();
  for (const { life, owner, atMs, charges } of admissions) {
    for (const { policy, limit, windowMs, cost } of charges) {
      const name = `${life} ${owner} ${policy}`;
      const budget = budgets.get(name) ?? { owner, policy, limit, units: 0, windowMs, charged: [] };
      budget.charged.push({ atMs, cost });
      budgets.set(name, budget);
    }
  }
  return [...budgets.values()].map(({ owner, policy, limit, windowMs, charged }) => {
    const units = Math.max(...charged.map(({ atMs }) => unitsBetween(charged, atMs, atMs + windowMs)));
    return { owner, policy, limit, units };
  });
}

function unitsBetween(charged: readonly Charged[], startMs: number, endMs: number): number {
  let units = 0;
  for (const { atMs, cost } of charged) {
    if (atMs >= startMs && atMs < endMs) units += cost;
  }
  return units;
}
