/**
 * @countersign/redis: a store that many processes share, on a standalone Redis, Sentinel or Redis Cluster.
 *
 * @packageDocumentation
 */
import type { Cluster, Redis } from 'ioredis';
import { createClusterRoute } from './link/cluster-route.js';
import { createSingleRoute } from './link/single-route.js';
import { type RedisStore, storeOver } from './redis-store.js';
import { type RedisStoreOptions, redisStoreSettings } from './redis-store-options.js';

export type { RedisStore } from './redis-store.js';
export type { Durability, RedisStoreOptions } from './redis-store-options.js';

/**
 * A store on Redis. It makes connections of its own with the options of `redis`, which stays yours: connect it or not,
 * use it or not.
 *
 * @param redis a client of ioredis 6: `new Redis(…)`, with sentinels or without, or `new Cluster(…)`
 * @throws TypeError or RangeError naming the option that is not what it should be
 */
export function redisStore(redis: Redis | Cluster, options: RedisStoreOptions = {}): RedisStore {
  if (typeof redis?.duplicate !== 'function') throw new TypeError('redis: expected a client of ioredis');
  const settings = redisStoreSettings(options);
  return storeOver(
    (events, onError) =>
      isCluster(redis)
        ? createClusterRoute(redis, events, onError)
        : createSingleRoute(redis, events, onError),
    settings,
  );
}

function isCluster(redis: Redis | Cluster): redis is Cluster {
  return redis.isCluster;
}
