/**
 * Limits: which budgets exist, and which of them a request is charged to (its path through the budget tree). It
 * counts nothing; stores do.
 */
import { isScope, scopePath } from '@countersign/canonical';
import { requireObject } from './option-kinds.js';
import { type ParsedRate, parseRate, type Rate } from './rate.js';
import type { Charge } from './store.js';

/**
 * Rates by scope. `*` is the whole owner; `orders:write:+` gives every direct child of `orders:write` a budget of its
 * own, and wants a limit on `orders:write` itself.
 */
export interface Limits {
  readonly [scope: string]: Rate | readonly Rate[];
}

/** Limits that were checked. Made by `compileLimits`. */
export interface CompiledLimits {
  readonly own: ReadonlyMap<string, readonly Budget[]>;
  readonly children: ReadonlyMap<string, readonly ParsedRate[]>;
}

type Budget = Omit<Charge, 'cost'>;

const WHOLE_OWNER = '*';
const CHILDREN = ':+';

/**
 * Checks limits.
 *
 * @param option how errors name the option, e.g. `limits` or `keys.partner_1.limits`
 * @throws TypeError for limits that are no object, a name that is not a scope, a scope without its rates, the same rate twice, or children
 *   without a limit on their parent; RangeError for a rate that is not one
 */
export function compileLimits(limits: Limits, option = 'limits'): CompiledLimits {
  const own = new Map<string, readonly Budget[]>();
  const children = new Map<string, readonly ParsedRate[]>();
  for (const [name, rates] of Object.entries(requireObject(option, limits))) {
    const place = `${option}[${JSON.stringify(name)}]`;
    const parent = name.endsWith(CHILDREN) ? name.slice(0, -CHILDREN.length) : undefined;
    if (name !== WHOLE_OWNER && !isScope(parent ?? name)) {
      throw new TypeError(
        `${place}: not a scope; segments of A-Z a-z 0-9 . _ ~ - joined by ":", or "*", or "scope:+"`,
      );
    }
    const parsed = [rates].flat().map((rate) => parseRate(rate, place));
    const budgets = parsed.map((rate) => budgetOf(name, rate));
    if (parsed.length === 0 || new Set(budgets.map(({ policy }) => policy)).size < budgets.length) {
      throw new TypeError(`${place}: expected a rate, or a list of different ones`);
    }
    if (parent === undefined) own.set(name, budgets);
    else children.set(parent, parsed);
  }
  for (const parent of children.keys()) {
    if (!own.has(parent)) {
      throw new TypeError(
        `${option}["${parent}:+"]: needs a limit on "${parent}" too, or children would be unlimited together`,
      );
    }
  }
  return { own, children };
}

/**
 * The charges of a request: every budget on the way from its scope up to the whole owner. A request that stops at a
 * scope with budgets for children is charged to a child without a name, so that stopping short escapes nothing.
 *
 * @param scope the request's scope; empty for none, which is charged to the whole owner alone
 */
export function chargesFor({ own, children }: CompiledLimits, scope: string, cost: number): Charge[] {
  const charges: Charge[] = [];
  const charge = ({ policy, limit, windowMs }: Budget): void => {
    charges.push({ policy, limit, windowMs, cost });
  };
  let child = scope + CHILDREN;
  for (const ancestor of scopePath(scope)) {
    for (const rate of children.get(ancestor) ?? []) {
      const budget = budgetOf(child, rate);
      // The child's own rate and the same rate for its parent's children are one budget (spec 5), charged once.
      if (charges.every(({ policy }) => policy !== budget.policy)) charge(budget);
    }
    own.get(ancestor)?.forEach(charge);
    child = ancestor;
  }
  own.get(WHOLE_OWNER)?.forEach(charge);
  return charges;
}

function budgetOf(scope: string, { limit, windowMs }: ParsedRate): Budget {
  return { policy: `${scope} ${limit}/${windowMs / 1000}s`, limit, windowMs };
}
