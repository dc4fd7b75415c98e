import { storeContract } from '@countersign/testkit/store-contract';
import { afterAll } from 'vitest';
import { injectedStore } from './injected-store.js';
import { startThreeMasters } from './real-routes.js';

const { route, stop } = await startThreeMasters();
afterAll(stop);

storeContract('Redis Cluster', { create: (setup) => injectedStore(route, setup), numRuns: 50 });
