/**
 * The budgets of one owner as last heard of, with their levels over the last minutes. Nothing is asked of the server:
 * a level is what the last verdict said, until its whole window has passed without another.
 */
import type { Level } from '../wire.js';
import { WINDOW_S } from './live-counts.js';

/** Budgets of one owner that are shown. A client can make up names of children without end. */
const MAX_BUDGETS = 16;
/** For how long a budget that was seen keeps its place, when others want it. */
const HELD_MS = 30_000;

export interface Budget {
  /** `*`, or a scope. */
  readonly scope: string;
  readonly limit: number;
  readonly windowMs: number;
  used: number;
  /** Server time of the last level. */
  atMs: number;
  /** Server time at which it was last found spent; 0 for never. */
  spentAtMs: number;
  /** Level by second, a sample for each second in which there was one: the highest. */
  readonly samples: { readonly second: number; used: number }[];
}

export interface Budgets {
  readonly set: (level: Level, atMs: number) => void;
  /** By scope, parents before children. */
  readonly list: () => readonly Budget[];
  /** Whether some are not shown. */
  readonly isFull: () => boolean;
}

export function createBudgets(): Budgets {
  const byPolicy = new Map<string, Budget>();
  let sorted: readonly Budget[] | undefined;
  let full = false;

  const makeRoom = (atMs: number): boolean => {
    if (byPolicy.size < MAX_BUDGETS) return true;
    full = true;
    const [oldest] = [...byPolicy].sort(([, a], [, b]) => a.atMs - b.atMs);
    if (oldest === undefined || oldest[1].atMs > atMs - HELD_MS) return false;
    return byPolicy.delete(oldest[0]);
  };

  return {
    set: ({ policy, limit, windowMs, remaining, violated }, atMs) => {
      let budget = byPolicy.get(policy);
      if (budget === undefined) {
        if (!makeRoom(atMs)) return;
        const scope = policy.slice(0, policy.lastIndexOf(' '));
        budget = { scope, limit, windowMs, used: 0, atMs, spentAtMs: 0, samples: [] };
        byPolicy.set(policy, budget);
        sorted = undefined;
      }
      budget.used = limit - remaining;
      budget.atMs = atMs;
      if (violated) budget.spentAtMs = atMs;
      addSample(budget, Math.floor(atMs / 1000));
    },
    list: () => {
      sorted ??= [...byPolicy.values()].sort((a, b) => order(a, b));
      return sorted;
    },
    isFull: () => full,
  };
}

/** What is in use at a time. */
export function usedAt(budget: Budget, nowMs: number): number {
  return nowMs - budget.atMs >= budget.windowMs ? 0 : budget.used;
}

/** The level in each of the seconds, which ascend. */
export function usedBySecond({ samples, windowMs }: Budget, seconds: readonly number[]): (number | null)[] {
  let next = 0;
  return seconds.map((second) => {
    while (next < samples.length && (samples[next]?.second ?? 0) <= second) next++;
    const last = samples[next - 1];
    if (last === undefined) return null;
    return (second - last.second) * 1000 >= windowMs + 1000 ? 0 : last.used;
  });
}

function addSample({ samples, used }: Budget, second: number): void {
  const last = samples.at(-1);
  if (last?.second === second) last.used = Math.max(last.used, used);
  else samples.push({ second, used });
  while ((samples[1]?.second ?? second) < second - WINDOW_S) samples.shift();
}

function order(a: Budget, b: Budget): number {
  if (a.scope === b.scope) return b.windowMs - a.windowMs;
  // `*` sorts before every scope, and a parent before its children.
  return a.scope < b.scope ? -1 : 1;
}
