/**
 * Stores on a real server and on that server's clock, which tell what it said. Each has a prefix of its own, and few
 * buckets.
 */
import { acceptanceWindow, createClock, type Store, type Tolerance } from '@countersign/server';
import type { Route } from '../src/link/route.js';
import { storeOver } from '../src/redis-store.js';
import { redisStoreSettings } from '../src/redis-store-options.js';

const BUCKETS = 3;
/** An admission has more arguments than any other script. */
let stores = 0;

export interface OwnClockStore {
  readonly store: Store;
  /** What the server's clock showed when it decided on the last admission. */
  readonly decidedAtMs: () => number;
}

/**
 * What was signed before it resolves, and for `futureMs` after that, is under the horizon of buckets that are new.
 *
 * @param route is shared: stores that are closed leave it open
 */
export async function ownClockStore(route: Route, tolerance: Tolerance): Promise<OwnClockStore> {
  let decidedAtMs = Number.NaN;
  const settings = redisStoreSettings({
    prefix: `c${process.pid}-${stores++}`,
    timeoutMs: 10_000,
    onWarning: () => {},
  });
  const store = storeOver(
    () => ({
      ...route,
      run: async (script, bucket, args) => {
        const routed = await route.run(script, bucket, args);
        if (Buffer.isBuffer(args[0])) decidedAtMs = routed.reply[1];
        return routed;
      },
      close: () => {},
    }),
    settings,
    { buckets: BUCKETS },
  );
  store.attach(acceptanceWindow(createClock(), tolerance));
  await store.ready();
  return { store, decidedAtMs: () => decidedAtMs };
}
