/**
 * Stores on real servers, on the contract's clock and with a few buckets. Each has a prefix of its own, and buckets
 * that were there long before, so that it begins without memories and without a horizon.
 */
import { acceptanceWindow, type Store } from '@countersign/server';
import type { StoreSetup } from '@countersign/testkit/store-contract';
import type { OpenRoute, Route } from '../src/link/route.js';
import { storeOver } from '../src/redis-store.js';
import { redisStoreSettings } from '../src/redis-store-options.js';

const BUCKETS = 3;
const LONG_BEFORE_MS = 40_000_000;
/** As the contract has it. */
const TOLERANCE = { pastMs: 1_000, futureMs: 100 };
let stores = 0;

/** @param route is shared: stores that are closed leave it open */
export async function injectedStore(route: Route, setup: StoreSetup): Promise<Store> {
  const { clock, maxNonces, maxBudgetsPerOwner } = setup;
  const open: OpenRoute = () => ({ ...route, close: () => {} });
  const settings = redisStoreSettings({
    prefix: `t${process.pid}-${stores++}`,
    maxNonces,
    maxBudgetsPerOwner,
    timeoutMs: 10_000,
    fencing: 'warn',
    onWarning: () => {},
  });
  let agoMs = LONG_BEFORE_MS;
  const store = storeOver(open, settings, {
    buckets: BUCKETS,
    time: () => [clock.nowMs() - agoMs, clock.monotonicMs()],
  });
  store.attach(acceptanceWindow(clock.clock, TOLERANCE));
  await store.ready();
  agoMs = 0;
  return store;
}
