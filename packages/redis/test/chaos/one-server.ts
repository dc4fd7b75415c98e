/** A stage with one standalone server. */
import { type RedisServer, startRedis } from '@countersign/testkit/redis';
import type { Fault, Scene, Stage } from './chaos-case.js';

/** @param fault does it; gives what tells whether the case met it */
export async function onOneServer(
  fault: (redis: RedisServer, scene: Scene) => Promise<Fault['met']>,
): Promise<Stage> {
  const redis = await startRedis();
  return {
    redisFor: () => ({ host: redis.host, port: redis.port }),
    deposedMs: 0,
    fault: async (scene) => {
      const beganMs = Date.now();
      const met = await fault(redis, scene);
      return { beganMs, overMs: Date.now(), met };
    },
    stop: () => redis.stop(),
  };
}
