/**
 * The route to one server at a time: a standalone one, or the master that the sentinels name. A server that says it
 * is no longer the master is left; the new connection asks the sentinels again.
 */
import type { Redis, RedisOptions } from 'ioredis';
import { CONNECTION_OPTIONS, connected, createLink, type LinkEvents } from './link.js';
import type { Route } from './route.js';

/** The longest pause between attempts to connect. */
const MAX_PAUSE_MS = 100;

export function createSingleRoute(redis: Redis, events: LinkEvents, onError: (error: Error) => void): Route {
  const options: Partial<RedisOptions> = {
    ...CONNECTION_OPTIONS,
    enableOfflineQueue: false,
    lazyConnect: false,
    readOnly: false,
    role: 'master',
    retryStrategy: (attempt) => Math.min(attempt * 10, MAX_PAUSE_MS),
    sentinelRetryStrategy: (attempt) => Math.min(attempt * 10, MAX_PAUSE_MS),
  };
  const own = redis.duplicate(options);
  own.on('error', onError);
  const link = createLink(own, events);
  return {
    topology: (redis.options.sentinels ?? []).length > 0 ? 'sentinel' : 'single',
    run: (script, { key }, args) => link.run(script, key, args),
    masters: async () => {
      await connected(own);
      return [link];
    },
    close: () => own.disconnect(),
  };
}
