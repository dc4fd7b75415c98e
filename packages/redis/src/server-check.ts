/**
 * What the servers' configuration means for a store: whether they may throw memory away, and for how long a master
 * that was deposed may go on writing. It asks and judges; it sets nothing.
 */
import type { Redis } from 'ioredis';
import { address, connected } from './link/link.js';
import type { RedisStoreSettings } from './redis-store-options.js';

export type Topology = 'single' | 'sentinel' | 'cluster';

interface ServerFindings {
  /** For how long a deposed master may go on writing, in milliseconds. */
  readonly deposedMs: number;
  /** For the operator: what could not be found out, or is unsafe and was let pass. */
  readonly warnings: readonly string[];
  /** Why nothing may be served. */
  readonly refusals: readonly string[];
}

/** Redis looks after its replicas once a second, and clocks of different servers differ. */
const MARGIN_MS = 2_000;
/** Where nothing is known, and the operator lets it pass. */
const UNKNOWN_DEPOSED_MS = 15_000;

/** @throws what the connection throws */
export async function checkServer(
  redis: Redis,
  topology: Topology,
  { fencing, deposedWritesMs }: Pick<RedisStoreSettings, 'fencing' | 'deposedWritesMs'>,
): Promise<ServerFindings> {
  await connected(redis);
  const warnings: string[] = [];
  const refusals: string[] = [];
  const where = address(redis);

  const policy = /^maxmemory_policy:(\S+)/m.exec((await info(redis, 'memory')) ?? '')?.[1];
  if (policy === undefined) {
    warnings.push(
      `${where} does not say its maxmemory-policy: see that it is noeviction, for what is evicted can be replayed`,
    );
  } else if (policy !== 'noeviction') {
    refusals.push(
      `${where} evicts keys (maxmemory-policy ${policy}), and what is evicted can be replayed: CONFIG SET maxmemory-policy noeviction, or use a server of its own`,
    );
  }

  const unfenced = (why: string): void => {
    (fencing === 'warn' ? warnings : refusals).push(why);
  };
  const deposedMs = async (): Promise<number> => {
    if (deposedWritesMs !== undefined) return deposedWritesMs;
    if (topology === 'cluster') {
      const timeoutMs = await setting(redis, 'cluster-node-timeout');
      if (timeoutMs !== undefined) return timeoutMs + MARGIN_MS;
      unfenced(`${where} does not say its cluster-node-timeout: give it as deposedWritesMs`);
      return UNKNOWN_DEPOSED_MS;
    }
    const replicas = /^connected_slaves:(\d+)/m.exec((await info(redis, 'replication')) ?? '')?.[1];
    if (topology === 'single' && replicas === '0') return 0;
    const least = await setting(redis, 'min-replicas-to-write');
    const lagS = await setting(redis, 'min-replicas-max-lag');
    // With fewer, both sides of a parted network can keep enough of them.
    const needed = Math.max(1, Math.ceil(Number(replicas ?? 0) / 2));
    if (least !== undefined && lagS !== undefined && least >= needed && lagS > 0)
      return lagS * 1_000 + MARGIN_MS;
    unfenced(
      least === undefined
        ? `${where} does not say its min-replicas-to-write: when a master that was deposed stops writing is not known; give that time as deposedWritesMs`
        : `${where} has replicas and may go on writing when one of them has taken over, so that a signature can be admitted twice: CONFIG SET min-replicas-to-write ${needed}, and min-replicas-max-lag to the seconds for which that may last`,
    );
    return UNKNOWN_DEPOSED_MS;
  };
  return { deposedMs: await deposedMs(), warnings, refusals };
}

/** `undefined` when the user may not ask. */
async function info(redis: Redis, section: string): Promise<string | undefined> {
  return redis.info(section).catch(ignoreDenied);
}

async function setting(redis: Redis, name: string): Promise<number | undefined> {
  const pair = await redis.config('GET', name).catch(ignoreDenied);
  const value = Array.isArray(pair) ? Number(pair[1]) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** An answer, if not the one that was asked for; a connection that fails is something else. */
function ignoreDenied(error: unknown): undefined {
  if (error instanceof Error && error.name === 'ReplyError') return undefined;
  throw error;
}
