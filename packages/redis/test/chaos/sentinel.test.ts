/** Chaos on a master with two replicas and three sentinels, fenced: a master without a replica refuses writes. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cutOffReplica,
  type RedisSentinel,
  type RedisServer,
  startSentinel,
  waitUntil,
} from '@countersign/testkit/redis';
import { EXTENT, type Fault, metAnswer, type Scene, type Stage, takesWrites } from './chaos-case.js';
import { chaos, longChaos } from './chaos-test.js';
import { splitFromSentinels, USERS } from './split-master.js';

const ELECTION_MS = 20_000;
/** Under load a replica may be late by a second without being lost. */
const MAX_LAG_S = 2;
/** For how long a deposed master may go on writing: what the store is told, and derives from these settings. */
const DEPOSED_MS = MAX_LAG_S * 1_000 + 2_000;

async function onSentinel(
  fault: (servers: RedisSentinel, master: RedisServer, scene: Scene) => Promise<Fault>,
): Promise<Stage> {
  const servers = await startSentinel({
    replicas: 2,
    // With less, sentinels on a busy machine depose the new master as well.
    downAfterMs: 1_500,
    config: {
      'min-replicas-to-write': '1',
      'min-replicas-max-lag': String(MAX_LAG_S),
      // Each process is a user of its own, so that it can be cut off from one server.
      ...Object.fromEntries(USERS.map((name) => [`user ${name}`, `on >${name} ~* &* +@all`])),
    },
  });
  const sentinels = servers.sentinels.map(({ host, port }) => ({ host, port }));
  return {
    redisFor: (service) => ({
      sentinels,
      name: servers.name,
      username: USERS[service],
      password: USERS[service],
    }),
    deposedMs: DEPOSED_MS,
    fault: async (scene) => fault(servers, await servers.master(), scene),
    stop: () => servers.stop(),
  };
}

/** Waits for a new master that takes writes: one that lacks replicas refuses them, and may be replaced again. */
async function untilReplaced(servers: RedisSentinel, old: RedisServer): Promise<RedisServer> {
  return waitUntil('a new master that takes writes', ELECTION_MS, async () => {
    const named = await servers.master();
    return named !== old && (await takesWrites(named)) ? named : undefined;
  });
}

chaos('Sentinel failover by SIGKILL of the master', () =>
  onSentinel(async (servers, master) => {
    const beganMs = Date.now();
    await master.kill();
    await untilReplaced(servers, master);
    const overMs = Date.now();
    // It comes back as a master, empty, until the sentinels have told it otherwise.
    await master.restart({ empty: true });
    return { beganMs, overMs, met: metAnswer('store-recovering') };
  }),
);

longChaos('Sentinel failover to a replica that was paused, so that writes are lost', () =>
  onSentinel(async (servers, master) => {
    const [behind, other] = servers.servers.filter((server) => server !== master);
    if (behind === undefined || other === undefined) throw new Error('two replicas are needed');
    const beganMs = Date.now();
    await cutOffReplica(behind, master);
    await waitUntil('the other replica', ELECTION_MS, async () => (await takesWrites(master)) || undefined);
    await master.command('SET', 'lost', 'yes');
    await sleep(EXTENT.loadMs);
    await Promise.all([master.kill(), other.kill()]);
    behind.resume();
    const elected = await servers.untilMaster((server) => server === behind, ELECTION_MS);
    await other.restart();
    await waitUntil('a replica', ELECTION_MS, async () => (await takesWrites(elected)) || undefined);
    const overMs = Date.now();
    const kept = await elected.command('GET', 'lost');
    const met: Fault['met'] = (seen) =>
      kept === '' ? metAnswer('store-recovering')(seen) : 'no write was lost';
    return { beganMs, overMs, met };
  }),
);

longChaos('split brain: a master that the sentinels have deposed stays reachable for one process', () =>
  onSentinel(async (servers, master) => {
    const beganMs = Date.now();
    const split = await splitFromSentinels(master);
    try {
      // When it was still in office for certain: at the question before the last.
      let [inOfficeMs, askedMs] = [beganMs, beganMs];
      await servers.untilMaster((server) => {
        [inOfficeMs, askedMs] = [askedMs, Date.now()];
        return server !== master;
      }, ELECTION_MS);
      split.endFence();
      const elected = await untilReplaced(servers, master);
      const bothMs = Date.now();
      await split.untilFenced(ELECTION_MS);
      const overMs = Date.now();
      await split.heal();
      if (overMs - inOfficeMs > DEPOSED_MS) {
        throw new Error(
          `void: this machine let the old master write for ${overMs - inOfficeMs} ms, and the store is told ${DEPOSED_MS} ms`,
        );
      }
      return {
        beganMs,
        overMs,
        met: ({ executions }) => {
          const onBoth = executions.filter(
            ({ service, atMs }) => service === 0 && atMs > bothMs && atMs < overMs,
          );
          return onBoth.length > 0 ? undefined : `${master.port} took no writes beside ${elected.port}`;
        },
      };
    } finally {
      split.close();
    }
  }),
);
