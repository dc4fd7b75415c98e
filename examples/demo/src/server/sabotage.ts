/**
 * Ways to break this demo's own server, to see that the demo notices. Each takes away one thing that a server of
 * another make might not have; the product itself is not touched.
 */
import { randomBytes } from 'node:crypto';
import type { Admission, AdmissionResult, Store } from '@countersign/server';

export type Sabotage = keyof typeof SABOTAGES;

/** What the server does wrong, by the name that `--sabotage` takes. */
export const SABOTAGES: {
  readonly 'replay-memory': string;
  readonly limits: string;
  readonly 'fixed-windows': string;
  readonly owners: string;
  readonly 'horizon-file': string;
  readonly tolerance: string;
  readonly digest: string;
} = {
  'replay-memory': 'it remembers no nonce',
  limits: 'it limits nothing',
  'fixed-windows': 'it counts in fixed windows, which begin anew at each full second',
  owners: 'each key has budgets of its own, whoever owns it',
  'horizon-file': 'it remembers nothing across a restart',
  tolerance: 'it accepts signatures that are a day old',
  digest: 'it runs handlers before the body was verified',
};

export function isSabotage(name: string): name is Sabotage {
  return Object.hasOwn(SABOTAGES, name);
}

/** The store as it is, or broken. */
export function sabotageStore(store: Store, sabotage: Sabotage | undefined): Store {
  if (sabotage === 'replay-memory') {
    return { ...store, admit: (admission) => store.admit({ ...admission, nonce: randomBytes(16) }) };
  }
  return sabotage === 'fixed-windows' ? { ...store, admit: countInFixedWindows(store) } : store;
}

function countInFixedWindows(store: Store): Store['admit'] {
  const used = new Map<string, number>();
  return (admission: Admission): AdmissionResult | Promise<AdmissionResult> => {
    const { owner, charges } = admission;
    const counters = charges.map((charge) => {
      const window = Math.floor(Date.now() / charge.windowMs);
      return { ...charge, name: `${owner} ${charge.policy} ${window}` };
    });
    const spent = counters.find(({ name, limit, cost }) => (used.get(name) ?? 0) + cost > limit);
    if (spent !== undefined) return { outcome: 'limited', levels: [], retryAfterMs: spent.windowMs };
    for (const { name, cost } of counters) used.set(name, (used.get(name) ?? 0) + cost);
    return store.admit({ ...admission, charges: [] });
  };
}
