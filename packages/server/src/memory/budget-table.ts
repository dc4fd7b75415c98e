/**
 * The rate budgets of all owners. A set of charges is taken whole or not at all. An owner's table that is full
 * refuses new budgets until one falls idle; it never evicts one in use. Times are monotonic milliseconds.
 */
import {
  charge,
  createRateWindow,
  idleAtMs,
  type RateWindow,
  remaining,
  resetMs,
  waitMs,
} from '../rate-window.js';
import type { AdmissionResult, BudgetLevel, Charge } from '../store.js';
import { createIdleQueue, type IdleQueue } from './idle-queue.js';
import { rotation } from './rotation.js';

export interface BudgetTable {
  /** What is in memory. */
  readonly size: () => { owners: number; budgets: number };
  /** What stands against these charges; `undefined` when nothing does. Takes nothing. */
  readonly refusal: (
    owner: string,
    charges: readonly Charge[],
    atMs: number,
  ) => (AdmissionResult & { outcome: 'limited' }) | undefined;
  /** Takes charges that `refusal` has let pass at this time. Gives what is left, in the order of the charges. */
  readonly take: (owner: string, charges: readonly Charge[], atMs: number) => readonly BudgetLevel[];
  /** Does a little housekeeping for owners that nobody uses. */
  readonly sweep: (atMs: number) => void;
}

interface Budget {
  readonly policy: string;
  readonly window: RateWindow;
}

interface OwnBudgets {
  readonly byPolicy: Map<string, Budget>;
  readonly queue: IdleQueue<Budget>;
}

const OWNERS_PER_SWEEP = 2;
const BUDGETS_PER_SWEEP = 4;

export function createBudgetTable(maxBudgetsPerOwner: number): BudgetTable {
  const owners = new Map<string, OwnBudgets>();
  const nextOwner = rotation(owners);

  return {
    size: () => {
      let budgets = 0;
      for (const { byPolicy } of owners.values()) budgets += byPolicy.size;
      return { owners: owners.size, budgets };
    },

    refusal: (owner, charges, atMs) => {
      const own = owners.get(owner);
      if (own !== undefined && allFit(own, charges, atMs)) return undefined;
      return refusalOf(own, charges, maxBudgetsPerOwner, atMs);
    },

    take: (owner, charges, atMs) => {
      if (charges.length === 0) return [];
      let own = owners.get(owner);
      if (own === undefined) {
        own = { byPolicy: new Map(), queue: createIdleQueue((budget) => idleAtMs(budget.window)) };
        owners.set(owner, own);
      }
      const levels: BudgetLevel[] = [];
      for (const due of charges) levels.push(levelOf(takeOne(own, due, atMs), due, atMs));
      return levels;
    },

    sweep: (atMs) => {
      for (let visit = 0; visit < OWNERS_PER_SWEEP; visit++) {
        const owner = nextOwner();
        const own = owner === undefined ? undefined : owners.get(owner);
        if (owner === undefined || own === undefined) return;
        for (let count = 0; count < BUDGETS_PER_SWEEP && dropIdle(own, atMs); count++);
        if (own.byPolicy.size === 0) owners.delete(owner);
      }
    },
  };
}

/** Whether all charges meet budgets that are there and have enough left: the usual case. */
function allFit({ byPolicy }: OwnBudgets, charges: readonly Charge[], atMs: number): boolean {
  for (const { policy, cost } of charges) {
    const budget = byPolicy.get(policy);
    if (budget === undefined || waitMs(budget.window, cost, atMs) !== 0) return false;
  }
  return true;
}

function refusalOf(
  own: OwnBudgets | undefined,
  charges: readonly Charge[],
  maxBudgets: number,
  atMs: number,
): (AdmissionResult & { outcome: 'limited' }) | undefined {
  const placeWaitMs = waitForPlaces(own, charges, maxBudgets, atMs);
  const answers = charges.map((due) => {
    const window = own?.byPolicy.get(due.policy)?.window;
    const placed = window === undefined ? placeWaitMs : waitMs(window, due.cost, atMs);
    return { due, window, wait: due.cost > due.limit ? undefined : placed };
  });
  if (answers.every(({ wait }) => wait === 0)) return undefined;
  const levels = answers.map(({ due, window, wait }): BudgetLevel => {
    const level = levelOf(window, due, atMs);
    if (wait === 0) return level;
    level.violated = true;
    if (window === undefined && placeWaitMs !== 0) {
      level.remaining = 0;
      level.resetMs = placeWaitMs ?? 0;
    }
    return level;
  });
  const waits = answers.map(({ wait }) => wait).filter((wait) => wait !== undefined);
  return waits.length < answers.length
    ? { outcome: 'limited', levels }
    : { outcome: 'limited', levels, retryAfterMs: Math.max(...waits) };
}

function takeOne(own: OwnBudgets, { policy, limit, windowMs, cost }: Charge, atMs: number): RateWindow {
  const budget = own.byPolicy.get(policy);
  const window = budget?.window ?? createRateWindow(limit, windowMs);
  charge(window, cost, atMs);
  if (budget === undefined) {
    const added = { policy, window };
    own.byPolicy.set(policy, added);
    own.queue.push(added);
  }
  return window;
}

function levelOf(
  window: RateWindow | undefined,
  { policy, limit, windowMs }: Charge,
  atMs: number,
): { -readonly [Member in keyof BudgetLevel]: BudgetLevel[Member] } {
  return window === undefined
    ? { policy, limit, windowMs, remaining: limit, resetMs: 0 }
    : { policy, limit, windowMs, remaining: remaining(window, atMs), resetMs: resetMs(window, atMs) };
}

/** Drops the budget that is idle first, if it is idle now. */
function dropIdle({ byPolicy, queue }: OwnBudgets, atMs: number): boolean {
  const budget = queue.idleBy(atMs);
  if (budget === undefined) return false;
  queue.pop();
  return byPolicy.delete(budget.policy);
}

/**
 * How long until the table has a place for each new budget among the charges: 0 when it has; `undefined` when there
 * are more charges than places. Drops idle budgets where that makes the place.
 */
function waitForPlaces(
  own: OwnBudgets | undefined,
  charges: readonly Charge[],
  maxBudgets: number,
  atMs: number,
): number | undefined {
  if (charges.length > maxBudgets) return undefined;
  if (own === undefined || own.byPolicy.size + charges.length <= maxBudgets) return 0;
  const wanted = new Set(charges.map(({ policy }) => policy));
  let others = own.byPolicy.size - charges.filter(({ policy }) => own.byPolicy.has(policy)).length;
  const waiting: Budget[] = [];
  let untilMs = atMs;
  while (others + charges.length > maxBudgets) {
    const budget = own.queue.pop();
    if (budget === undefined) break;
    const idleMs = idleAtMs(budget.window);
    if (!wanted.has(budget.policy)) {
      others -= 1;
      untilMs = Math.max(untilMs, idleMs);
    }
    if (idleMs <= atMs && !wanted.has(budget.policy)) own.byPolicy.delete(budget.policy);
    else waiting.push(budget);
  }
  for (const budget of waiting) own.queue.push(budget);
  return Math.ceil(untilMs - atMs);
}
