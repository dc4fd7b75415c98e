/** A real cluster for the store's tests: slots move step by step, and replicas take over from masters that died. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type ClusterNode,
  cutOffReplica,
  type RedisCluster,
  startCluster,
  waitUntil,
} from '../../src/redis/index.js';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startCluster({ masters: 3, replicasPerMaster: 1 });
});
afterAll(() => cluster.stop());

async function another(node: ClusterNode): Promise<ClusterNode> {
  const masters = await Promise.all([0, 8000, 16_000].map(cluster.masterOf));
  const other = masters.find((master) => master !== node);
  if (other === undefined) throw new Error('only one master');
  return other;
}

/** Several keys of one slot. */
async function fill(
  tag: string,
  count: number,
): Promise<{ slot: number; from: ClusterNode; keys: string[] }> {
  const slot = await cluster.slotOf(`{${tag}}`);
  const from = await cluster.masterOf(slot);
  const keys = Array.from({ length: count }, (_, i) => `{${tag}}${i}`);
  for (const key of keys) await from.command('SET', key, key);
  return { slot, from, keys };
}

it('serves every slot at one master, each with a replica in sync', async () => {
  // The worked example of the Redis Cluster specification.
  expect(await cluster.slotOf('123456789')).toBe(0x31c3);
  expect(await cluster.slotOf('{user1000}.following')).toBe(await cluster.slotOf('user1000'));
  expect(cluster.startupNodes).toHaveLength(6);
  const masters = new Set(await Promise.all([0, 5460, 5461, 10_921, 10_922, 16_383].map(cluster.masterOf)));
  expect(masters.size).toBe(3);
  const { slot, from, keys } = await fill('a', 1);
  const [replica, ...more] = await cluster.replicasOf(from);
  expect(more).toEqual([]);
  expect(await replica?.command('CLUSTER', 'COUNTKEYSINSLOT', slot)).toBe('1');
  await expect((await another(from)).command('GET', keys[0] ?? '')).rejects.toThrow(`MOVED ${slot}`);
  if (replica !== undefined) expect(await cluster.replicasOf(replica)).toEqual([]);
});

it('moves a slot step by step: some keys, then the others, then the slot', async () => {
  const { slot, from, keys } = await fill('b', 250);
  const to = await another(from);
  await cluster.beginMove(slot, to);
  expect(await cluster.migrateKeys(slot, to, 10)).toBe(10);
  expect(await cluster.masterOf(slot)).toBe(from);
  const answers = await Promise.all(
    keys.map((key) => from.command('GET', key).catch((error: Error) => error.message)),
  );
  expect(answers.filter((answer) => answer.includes(`ASK ${slot} 127.0.0.1:${to.port}`))).toHaveLength(10);
  expect(answers.filter((answer) => keys.includes(answer))).toHaveLength(240);
  expect(await cluster.migrateKeys(slot, to)).toBe(240);
  await cluster.finishMove(slot, to);
  expect(await cluster.masterOf(slot)).toBe(to);
  expect(await to.command('CLUSTER', 'COUNTKEYSINSLOT', slot)).toBe('250');
  for (const node of cluster.nodes.filter((node) => node !== to)) {
    await expect(node.command('GET', keys[0] ?? '')).rejects.toThrow(`MOVED ${slot} 127.0.0.1:${to.port}`);
  }
});

it('moves a slot with its keys, binary names among them, there and back', async () => {
  const { slot, from } = await fill('c', 3);
  const binary = Buffer.concat([Buffer.from('{c}'), Buffer.from([0, 255, 254, 13, 10])]);
  await from.command('SET', binary, 'x');
  const to = await another(from);
  await cluster.moveSlot(slot, to);
  expect(await to.command('GET', binary)).toBe('x');
  expect(await from.command('CLUSTER', 'COUNTKEYSINSLOT', slot)).toBe('0');
  await cluster.moveSlot(slot, from);
  expect(await from.command('GET', binary)).toBe('x');
});

it('has the replica take over from a master that was killed, and takes it back as a replica', async () => {
  const { slot, from, keys } = await fill('d', 3);
  const [replica] = await cluster.replicasOf(from);
  await from.kill();
  const master = await cluster.untilMaster(slot, (node) => node !== from, 15_000);
  expect(master).toBe(replica);
  expect(await master.command('GET', keys[0] ?? '')).toBe(keys[0]);
  await from.restart();
  await cluster.untilWhole(15_000);
  expect(await cluster.masterOf(slot)).toBe(master);
  expect(await cluster.replicasOf(master)).toEqual([from]);
});

it('loses the writes that a replica which is cut off has not seen, when it takes over', async () => {
  const { slot, from, keys } = await fill('e', 1);
  const [replica] = await cluster.replicasOf(from);
  if (replica === undefined) throw new Error('no replica');
  await waitUntil('the write at the replica', 2000, async () => {
    return (await replica.command('CLUSTER', 'COUNTKEYSINSLOT', slot)) === '1' || undefined;
  });
  await cutOffReplica(replica, from);
  expect(await from.command('SET', '{e}late', 1)).toBe('OK');
  await from.kill();
  replica.resume();
  const master = await cluster.untilMaster(slot, (node) => node === replica, 15_000);
  expect(await master.command('EXISTS', '{e}late')).toBe('0');
  expect(await master.command('EXISTS', keys[0] ?? '')).toBe('1');
});
