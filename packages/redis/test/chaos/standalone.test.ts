/** Chaos on one standalone server, which persists nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { metAnswer, type Seen } from './chaos-case.js';
import { chaos, longChaos } from './chaos-test.js';
import { onOneServer } from './one-server.js';

longChaos('FLUSHALL', () =>
  onOneServer(async (redis) => {
    await redis.command('FLUSHALL');
    return metAnswer('store-recovering');
  }),
);

longChaos('SCRIPT FLUSH', () =>
  onOneServer(async (redis) => {
    await redis.command('CONFIG', 'RESETSTAT');
    for (let i = 0; i < 5; i++) {
      await redis.command('SCRIPT', 'FLUSH');
      await sleep(50);
    }
    return async ({ failed }: Seen) => {
      if (failed > 0) return `${failed} calls failed, and nothing was lost`;
      const evals = /cmdstat_eval:calls=(\d+)/.exec(await redis.command('INFO', 'commandstats'));
      return Number(evals?.[1]) >= 5 ? undefined : 'no script was sent again';
    };
  }),
);

chaos('SIGKILL and an empty restart', () =>
  onOneServer(async (redis) => {
    await redis.kill();
    await sleep(300);
    await redis.restart({ empty: true });
    return metAnswer('store-recovering');
  }),
);

longChaos('SIGSTOP for two seconds', () =>
  onOneServer(async (redis) => {
    redis.pause();
    await sleep(2_000);
    redis.resume();
    return metAnswer('store-unavailable');
  }),
);
