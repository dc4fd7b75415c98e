import { startRedis } from '@countersign/testkit/redis';
import { storeContract } from '@countersign/testkit/store-contract';
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import { createSingleRoute } from '../src/link/single-route.js';
import { injectedStore } from './injected-store.js';

const server = await startRedis();
const redis = new Redis({ host: server.host, port: server.port, lazyConnect: true });
const route = createSingleRoute(redis, { onTime: () => {}, onServer: () => {} }, () => {});

afterAll(async () => {
  route.close();
  await server.stop();
});

storeContract('Redis', { create: (setup) => injectedStore(route, setup), numRuns: 100 });
