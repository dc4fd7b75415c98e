/** A store that is far away: what it is asked, and what it answers, take their time. */
import type { Store } from '@countersign/server';

/** Waits before and after each operation of `store`. */
export function slowStore(store: Store, wait: () => Promise<void>): Store {
  const slowly = async <T>(operation: () => T | Promise<T>): Promise<T> => {
    await wait();
    const result = await operation();
    await wait();
    return result;
  };
  return {
    attach: (window) => store.attach?.(window),
    admit: (admission) => slowly(() => store.admit(admission)),
    ...(store.declareStale === undefined
      ? {}
      : {
          declareStale: (key, owner, signedAtMs) =>
            slowly(() => store.declareStale?.(key, owner, signedAtMs)),
        }),
  };
}

/** A wait of no to three turns of the event loop, at random. */
export async function someTurns(): Promise<void> {
  for (let turns = Math.floor(Math.random() * 4); turns > 0; turns--) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
