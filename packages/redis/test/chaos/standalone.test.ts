/** Chaos on one standalone server. */
import { type RedisServer, startRedis } from '@countersign/testkit/redis';
import { expect, it } from 'vitest';
import { EXTENT, type Fault, metAnswer, type Scene, type Stage } from './chaos-case.js';
import { runCase } from './chaos-run.js';

async function onOneServer(
  fault: (redis: RedisServer, scene: Scene) => Promise<Omit<Fault, 'beganMs' | 'overMs'>>,
): Promise<Stage> {
  const redis = await startRedis();
  return {
    redisFor: () => ({ host: redis.host, port: redis.port }),
    deposedMs: 0,
    fault: async (scene) => {
      const beganMs = Date.now();
      const { met } = await fault(redis, scene);
      return { beganMs, overMs: Date.now(), met };
    },
    stop: () => redis.stop(),
  };
}

for (let round = 0; round < EXTENT.rounds; round++) {
  it('FLUSHALL', async () => {
    const { violations } = await runCase({
      name: 'FLUSHALL',
      prepare: () =>
        onOneServer(async (redis) => {
          await redis.command('FLUSHALL');
          return { met: metAnswer('store-recovering') };
        }),
    });
    expect(violations).toEqual([]);
  });
}
