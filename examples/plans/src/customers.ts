/** Customers, their plans and their keys, as an application keeps them in its database. Here it is in memory. */
import type { FindKey, KeyConfig } from '@countersign/server';
import { PLANS, type PlanName } from './plans.js';

export interface Customer {
  readonly plan: PlanName;
  /** Secrets by key id. All keys of a customer are charged to the customer's budgets. */
  readonly keys: Readonly<Record<string, string>>;
}

export interface Customers {
  /** For `cachedDirectory`. */
  readonly findKey: FindKey;
  readonly keysOf: (customer: string) => string[];
  readonly changePlan: (customer: string, plan: PlanName) => void;
}

export function customerTable(rows: Readonly<Record<string, Customer>>): Customers {
  const customers = new Map(Object.entries(rows));
  const get = (name: string): Customer => {
    const found = customers.get(name);
    if (found === undefined) throw new Error(`no customer ${name}`);
    return found;
  };
  return {
    findKey: async (id): Promise<KeyConfig | undefined> => {
      for (const [owner, { plan, keys }] of customers) {
        const secret = Object.hasOwn(keys, id) ? keys[id] : undefined;
        if (secret !== undefined) return { secret, owner, ...PLANS[plan] };
      }
      return undefined;
    },
    keysOf: (name) => Object.keys(get(name).keys),
    changePlan: (name, plan) => void customers.set(name, { ...get(name), plan }),
  };
}
