/**
 * A real Redis Cluster on 127.0.0.1. Its slots are shared out evenly over the masters; replicas do not wander between
 * masters, and move up only when their master is gone for the node timeout.
 */
import { type ClusterNode, type ClusterSlots, clusterSlots, viewOf } from './cluster-slots.js';
import { freePort } from './free-port.js';
import { launchRedis, type RedisConfig } from './redis-server.js';
import { untilFollowed } from './replication.js';
import { waitUntil } from './wait-until.js';

const SLOTS = 16_384;
const START_MS = 20_000;

export interface ClusterOptions {
  readonly masters: number;
  /** Default 0. */
  readonly replicasPerMaster?: number;
  /** After how long without an answer a node is taken for dead. Default 1000. */
  readonly nodeTimeoutMs?: number;
  /** For every node. */
  readonly config?: RedisConfig;
}

export interface RedisCluster extends ClusterSlots {
  /** The first masters first, then their replicas. */
  readonly nodes: readonly ClusterNode[];
  readonly startupNodes: readonly { readonly host: string; readonly port: number }[];
  /** Waits until all nodes run and agree who serves what, and the replicas are linked to their masters: after a fault. */
  untilWhole(timeoutMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a cluster; resolves when every node serves every slot and the replicas are in sync. */
export async function startCluster(options: ClusterOptions): Promise<RedisCluster> {
  const { masters, replicasPerMaster = 0, nodeTimeoutMs = 1000 } = options;
  if (!Number.isInteger(masters) || masters < 1) throw new RangeError('masters: a positive integer');
  const nodes: ClusterNode[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    const size = masters * (1 + replicasPerMaster);
    const starts = await Promise.allSettled(
      Array.from({ length: size }, () => startNode(nodeTimeoutMs, options.config)),
    );
    for (const start of starts) if (start.status === 'fulfilled') nodes.push(start.value);
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    await join(nodes, masters);
    await untilWhole(nodes, START_MS);
    await Promise.all(
      nodes.slice(0, masters).map(async (master, i) => {
        const replicas = nodes.slice(masters).filter((_, n) => n % masters === i);
        await untilFollowed(master, replicas, ['FLUSHALL'], START_MS);
      }),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...clusterSlots(nodes),
    nodes,
    untilWhole: (timeoutMs) => untilWhole(nodes, timeoutMs),
    startupNodes: nodes.map(({ host, port }) => ({ host, port })),
    stop,
  };
}

async function startNode(nodeTimeoutMs: number, config: RedisConfig = {}): Promise<ClusterNode> {
  let busPort = 0;
  const server = await launchRedis(async () => {
    busPort = await freePort();
    return {
      save: '',
      appendonly: 'no',
      'cluster-enabled': 'yes',
      'cluster-config-file': 'nodes.conf',
      'cluster-port': String(busPort),
      'cluster-announce-ip': '127.0.0.1',
      'cluster-node-timeout': String(nodeTimeoutMs),
      'cluster-allow-replica-migration': 'no',
      'repl-diskless-sync': 'yes',
      'repl-diskless-sync-delay': '0',
      ...config,
    };
  });
  const id = await server.command('CLUSTER', 'MYID');
  // Not a copy: `state` is a getter.
  return Object.assign(server, { id, busPort });
}

/** Makes one cluster of the nodes: the first `masters` share the slots, the others follow them in turn. */
async function join(nodes: readonly ClusterNode[], masters: number): Promise<void> {
  const [first] = nodes;
  await Promise.all(
    nodes.map(async (node, i) => {
      // Epochs of their own, or masters would find out by collisions.
      await node.command('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
      if (i < masters) {
        const [from, to] = [i, i + 1].map((n) => Math.floor((n * SLOTS) / masters));
        await node.command('CLUSTER', 'ADDSLOTSRANGE', from ?? 0, (to ?? SLOTS) - 1);
      }
    }),
  );
  for (const node of nodes.slice(1)) {
    await first?.command('CLUSTER', 'MEET', node.host, node.port, node.busPort);
  }
  await Promise.all(
    nodes.slice(masters).map((replica, i) => {
      const master = nodes[i % masters];
      return waitUntil('a replica to know its master', START_MS, () =>
        replica.command('CLUSTER', 'REPLICATE', master?.id ?? ''),
      );
    }),
  );
}

async function untilWhole(nodes: readonly ClusterNode[], timeoutMs: number): Promise<void> {
  await waitUntil('a whole cluster', timeoutMs, async () => {
    const serving = await Promise.all(nodes.map((node) => serves(node, nodes.length)));
    const views = new Set(await Promise.all(nodes.map(viewOf)));
    return (serving.every(Boolean) && views.size === 1) || undefined;
  });
}

async function serves(node: ClusterNode, size: number): Promise<boolean> {
  const info = await node.command('CLUSTER', 'INFO');
  const wanted = ['cluster_state:ok', `cluster_slots_ok:${SLOTS}`, `cluster_known_nodes:${size}`];
  if (!wanted.every((line) => info.includes(`${line}\r\n`))) return false;
  if (/handshake|noaddr|fail/.test(await node.command('CLUSTER', 'NODES'))) return false;
  const replication = await node.command('INFO', 'replication');
  return !replication.includes('master_link_status:down');
}
