/** A store that is far away: what it is asked, and what it answers, take their time. */
import type { AdmissionResult, Store } from '@countersign/server';

/** Waits before and after each operation of `store`. */
export function slowStore(store: Store, wait: () => Promise<void>): Store {
  return {
    attach: (window) => store.attach?.(window),
    admit: async (admission): Promise<AdmissionResult> => {
      await wait();
      const result = await store.admit(admission);
      await wait();
      return result;
    },
  };
}

/** A wait of no to three turns of the event loop, at random. */
export async function someTurns(): Promise<void> {
  for (let turns = Math.floor(Math.random() * 4); turns > 0; turns--) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
