/** Who serves a slot of a cluster, and moving it to another master by hand, step by step, as `redis-cli` would. */
import type { RedisServer } from './redis-server.js';
import { waitUntil } from './wait-until.js';

const MIGRATE_MS = 5_000;
const MOVE_MS = 5_000;

export interface ClusterNode extends RedisServer {
  /** Its name in the cluster; it keeps it when it starts again. */
  readonly id: string;
  readonly busPort: number;
}

export interface ClusterSlots {
  slotOf(key: string | Buffer): Promise<number>;
  /**
   * The master of a slot by its own word; of several, as after a split, the one elected last. Paused and stopped nodes
   * are not asked.
   *
   * @throws Error when nobody claims it
   */
  masterOf(slot: number): Promise<ClusterNode>;
  /** Paused and stopped ones included, as long as the master knows them. */
  replicasOf(node: ClusterNode): Promise<ClusterNode[]>;
  /** Marks the slot as migrating, there and here: clients meet ASK and TRYAGAIN from now on. */
  beginMove(slot: number, to: ClusterNode): Promise<void>;
  /** Moves `count` keys of the slot, or all; gives how many it moved. */
  migrateKeys(slot: number, to: ClusterNode, count?: number): Promise<number>;
  /** Gives the slot to `to` and waits until every running node knows it. */
  finishMove(slot: number, to: ClusterNode): Promise<void>;
  /** All three. */
  moveSlot(slot: number, to: ClusterNode): Promise<void>;
  /** Waits for a master of the slot which serves it and of which `predicate` holds. */
  untilMaster(
    slot: number,
    predicate: (master: ClusterNode) => boolean,
    timeoutMs: number,
  ): Promise<ClusterNode>;
}

export function clusterSlots(nodes: readonly ClusterNode[]): ClusterSlots {
  const running = (): ClusterNode[] => nodes.filter(({ state }) => state === 'running');

  const masterOf = async (slot: number): Promise<ClusterNode> => {
    const words = await Promise.allSettled(running().map(own));
    const claims = words
      .flatMap((word) => (word.status === 'fulfilled' ? [word.value] : []))
      .filter(({ master, slots }) => master === undefined && holds(slots, slot))
      .sort((a, b) => b.epoch - a.epoch);
    if (claims[0] === undefined) throw new Error(`slot ${slot}: no running node serves it`);
    return claims[0].node;
  };

  const sourceOf = async (slot: number, to: ClusterNode): Promise<ClusterNode> => {
    const from = await masterOf(slot);
    if (from === to) throw new Error(`slot ${slot} is at ${to.port} already`);
    return from;
  };

  const beginMove = async (slot: number, to: ClusterNode): Promise<void> => {
    const from = await sourceOf(slot, to);
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
  };

  const migrateKeys = async (
    slot: number,
    to: ClusterNode,
    count = Number.MAX_SAFE_INTEGER,
  ): Promise<number> => {
    const from = await sourceOf(slot, to);
    let moved = 0;
    while (moved < count) {
      const keys = await from.reply('CLUSTER', 'GETKEYSINSLOT', slot, Math.min(count - moved, 100));
      if (!Array.isArray(keys) || keys.length === 0) break;
      await from.reply('MIGRATE', to.host, to.port, '', 0, MIGRATE_MS, 'KEYS', ...keys);
      moved += keys.length;
    }
    return moved;
  };

  const finishMove = async (slot: number, to: ClusterNode): Promise<void> => {
    const from = await sourceOf(slot, to);
    // First the one that takes it over: at no time must both think that it is the other's.
    await to.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
    await from.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
    const others = running().filter((node) => node !== to && node !== from);
    await Promise.all(
      others.map(async (node) => {
        const { master } = await own(node);
        if (master === undefined) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
      }),
    );
    await waitUntil(`slot ${slot} at ${to.port} for every node`, MOVE_MS, async () => {
      const owners = await Promise.all(running().map((node) => ownerSeenBy(node, slot)));
      return owners.every((id) => id === to.id) || undefined;
    });
  };

  return {
    slotOf: async (key) => {
      const [node] = running();
      if (node === undefined) throw new Error('no node of the cluster is running');
      return Number(await node.reply('CLUSTER', 'KEYSLOT', key));
    },
    masterOf,
    replicasOf: async (node) => {
      const [seer] = node.state === 'running' ? [node] : running();
      const table = seer === undefined ? [] : await tableOf(seer);
      const ids = table.filter(([, , , master]) => master === node.id).map(([id]) => id);
      return nodes.filter(({ id }) => ids.includes(id));
    },
    beginMove,
    migrateKeys,
    finishMove,
    moveSlot: async (slot, to) => {
      await beginMove(slot, to);
      await migrateKeys(slot, to);
      await finishMove(slot, to);
    },
    untilMaster: (slot, predicate, timeoutMs) =>
      waitUntil(`another master of slot ${slot}`, timeoutMs, async () => {
        const master = await masterOf(slot);
        if (!predicate(master)) return undefined;
        const info = await master.command('CLUSTER', 'INFO');
        return info.includes('cluster_state:ok\r\n') ? master : undefined;
      }),
  };
}

/** What a node says of itself. */
interface OwnWord {
  readonly node: ClusterNode;
  /** The id of its master, unless it is one. */
  readonly master: string | undefined;
  readonly epoch: number;
  readonly slots: readonly Range[];
}

async function own(node: ClusterNode): Promise<OwnWord> {
  const table = await tableOf(node);
  const line = table.find(([, , flags]) => flags?.startsWith('myself')) ?? [];
  const [, , , master, , , epoch] = line;
  return { node, master: master === '-' ? undefined : master, epoch: Number(epoch), slots: slotsOf(line) };
}

async function ownerSeenBy(node: ClusterNode, slot: number): Promise<string | undefined> {
  const line = (await tableOf(node)).find((columns) => holds(slotsOf(columns), slot));
  return line?.[0];
}

/** Who serves which slots, and who follows whom, as a node sees it; the same text for the same view. */
export async function viewOf(node: ClusterNode): Promise<string> {
  const lines = (await tableOf(node)).map((columns) =>
    [columns[0], columns[3], ...slotsOf(columns)].join(' '),
  );
  return lines.sort().join('\n');
}

/** The columns of CLUSTER NODES: id, address, flags, master, ping, pong, epoch, link, slots. */
async function tableOf(node: ClusterNode): Promise<string[][]> {
  const text = await node.command('CLUSTER', 'NODES');
  return text.split('\n').map((line) => line.split(' '));
}

type Range = readonly [first: number, last: number];

/** `[slot->-id]` is left out: a slot on its way stands in the plain ranges as well until it has moved. */
function slotsOf(columns: readonly string[]): Range[] {
  return columns
    .slice(8)
    .filter((range) => !range.startsWith('['))
    .map((range) => {
      const [first = Number.NaN, last = first] = range.split('-').map(Number);
      return [first, last];
    });
}

function holds(ranges: readonly Range[], slot: number): boolean {
  return ranges.some(([first, last]) => first <= slot && slot <= last);
}
