/** Chaos on a Redis Cluster of three masters, each with a replica. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ClusterNode,
  cutOffReplica,
  type RedisCluster,
  startCluster,
  waitUntil,
} from '@countersign/testkit/redis';
import { BUCKETS, bucketIndex, createBuckets } from '../../src/bucket-names.js';
import { EXTENT, type Fault, metAnswer, type Stage } from './chaos-case.js';
import { chaos, longChaos } from './chaos-test.js';

const NODE_TIMEOUT_MS = 1_000;
const ELECTION_MS = 20_000;
/** The bucket of an owner whom the load is for: the fault strikes its slot. */
const TARGET = createBuckets('cs1')[bucketIndex('acme', BUCKETS)] as { key: string; slot: number };

async function onCluster(
  fault: (cluster: RedisCluster, master: ClusterNode) => Promise<Fault>,
): Promise<Stage> {
  const cluster = await startCluster({ masters: 3, replicasPerMaster: 1, nodeTimeoutMs: NODE_TIMEOUT_MS });
  return {
    redisFor: () => ({ nodes: cluster.startupNodes }),
    deposedMs: NODE_TIMEOUT_MS + 2_000,
    fault: async () => fault(cluster, await cluster.masterOf(TARGET.slot)),
    stop: () => cluster.stop(),
  };
}

/** Waits until another serves the slot and every node says so: a client may ask any. */
async function untilReplaced(cluster: RedisCluster, old: ClusterNode): Promise<ClusterNode> {
  const elected = await cluster.untilMaster(TARGET.slot, (node) => node !== old, ELECTION_MS);
  await waitUntil('all nodes to know', ELECTION_MS, async () => {
    const running = cluster.nodes.filter(({ state }) => state === 'running');
    const tables = await Promise.all(running.map((node) => node.command('CLUSTER', 'NODES')));
    const known = new RegExp(`^${elected.id} .*master.* \\d+-\\d+`, 'm');
    return tables.every((table) => known.test(table)) || undefined;
  });
  return elected;
}

chaos('Cluster failover by SIGKILL of a master whose replica was paused, so that writes are lost', () =>
  onCluster(async (cluster, master) => {
    const [replica] = await cluster.replicasOf(master);
    if (replica === undefined) throw new Error('a replica is needed');
    const beganMs = Date.now();
    await cutOffReplica(replica, master);
    const lost = `${TARGET.key}lost`;
    await master.command('SET', lost, 'yes');
    await sleep(EXTENT.loadMs);
    await master.kill();
    replica.resume();
    const elected = await untilReplaced(cluster, master);
    const overMs = Date.now();
    const kept = await elected.command('GET', lost);
    // It comes back as a replica.
    await master.restart({ empty: true });
    const met: Fault['met'] = (seen) =>
      kept === '' ? metAnswer('store-recovering')(seen) : 'no write was lost';
    return { beganMs, overMs, met };
  }),
);

longChaos('a Cluster master that was paused, and deposed meanwhile, answers again', () =>
  onCluster(async (cluster, master) => {
    const beganMs = Date.now();
    master.pause();
    await untilReplaced(cluster, master);
    master.resume();
    await untilReplaced(cluster, master);
    const overMs = Date.now();
    return { beganMs, overMs, met: metAnswer('store-recovering') };
  }),
);

longChaos('resharding of the slot under load', () =>
  onCluster(async (cluster, master) => {
    const to = cluster.nodes.find((node) => node !== master && cluster.nodes.indexOf(node) < 3);
    if (to === undefined) throw new Error('another master is needed');
    const beganMs = Date.now();
    await cluster.beginMove(TARGET.slot, to);
    await sleep(300);
    const moved = await cluster.migrateKeys(TARGET.slot, to);
    await sleep(300);
    await cluster.finishMove(TARGET.slot, to);
    const overMs = Date.now();
    return { beganMs, overMs, met: () => (moved > 0 ? undefined : 'nothing was moved') };
  }),
);
