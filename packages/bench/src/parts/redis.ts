/** Admissions a second on a Redis of this machine, 64 calls in flight from this process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from '@countersign/testkit/redis';
import { Redis } from 'ioredis';
import { rowsOf, type Subject, takeTurns } from '../alternate.js';
import type { Extent } from '../extent.js';
import { type Comparison, type Measured, ratioOf } from '../results.js';
import {
  type Admissions,
  countersignStore,
  leastScript,
  setThenFlexible,
  setThenUpstash,
} from '../subjects/redis-admissions.js';

const IN_FLIGHT = 64;
const KEYS = 1_000;
/** A store without memory serves after the window's future side (100 ms). */
const RECOVERY_MS = 300;

export async function measureRedis(extent: Extent): Promise<Measured> {
  const server = await startRedis();
  const redis = new Redis({ host: server.host, port: server.port });
  const admissions = [
    leastScript(redis),
    await countersignStore(redis, 1),
    await countersignStore(redis, 3),
    setThenFlexible(redis),
    setThenUpstash(redis),
  ];
  try {
    await sleep(RECOVERY_MS);
    const subjects = admissions.map((subject) => inFlight(subject, extent));
    const comparison: Comparison = {
      id: 'redis',
      title: `Redis: admissions a second, ${IN_FLIGHT} in flight`,
      unit: 'admissions/s',
      better: 'more',
      rows: rowsOf(
        subjects,
        await takeTurns(subjects, { rounds: extent.loadRounds, warmUpTurns: extent.loadWarmUpTurns }),
      ),
      notes: ['redis-server, ioredis and the callers share the machine.'],
    };
    const [, one, three] = admissions;
    return {
      comparisons: [comparison],
      figures: {
        'redis-1': ratioOf(comparison, one?.name ?? ''),
        'redis-3': ratioOf(comparison, three?.name ?? ''),
      },
    };
  } finally {
    for (const { close } of admissions) await close?.();
    redis.disconnect();
    await server.stop();
  }
}

function inFlight({ admit, ...rest }: Admissions, { redisRoundMs }: Extent): Subject {
  const { name, role, note } = rest;
  let next = 0;
  return {
    name,
    role,
    ...(note === undefined ? {} : { note }),
    turn: async () => {
      let count = 0;
      const startedMs = performance.now();
      const lane = async (): Promise<void> => {
        while (performance.now() - startedMs < redisRoundMs) {
          await admit(`key_live_${next++ % KEYS}`);
          count += 1;
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
      return count / ((performance.now() - startedMs) / 1_000);
    },
  };
}
