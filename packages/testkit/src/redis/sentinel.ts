/**
 * A real master with replicas and the sentinels that watch them, on 127.0.0.1. The sentinels ask and gossip more often
 * than they do by default, so that tests need not wait; when a master counts as down is the caller's.
 */
import { launchRedis, type RedisConfig, type RedisServer } from './redis-server.js';
import { untilFollowed } from './replication.js';
import { waitUntil } from './wait-until.js';

const NAME = 'countersign';
const WAIT_MS = 20_000;
/** For finding each other. */
const START_PERIODS = ['INFO-PERIOD', 100, 'PUBLISH-PERIOD', 100];
/**
 * From then on. A replica that has become a master is borne for four times the publishing period, and the sentinel that
 * promotes it looks once a second, so that less than 500 would undo promotions.
 */
const PERIODS = ['INFO-PERIOD', 1000, 'PUBLISH-PERIOD', 700];

export interface SentinelOptions {
  readonly replicas: number;
  /** Default 3; a majority of them must agree. */
  readonly sentinels?: number;
  /** After how long without an answer a master is taken for dead. Default 1000. */
  readonly downAfterMs?: number;
  /** Default 3000. Sentinels begin no second failover on their own before twice this has passed. */
  readonly failoverTimeoutMs?: number;
  /** For master and replicas. */
  readonly config?: RedisConfig;
}

export interface RedisSentinel {
  /** What the sentinels call the master. */
  readonly name: string;
  readonly sentinels: readonly RedisServer[];
  /** The first master first. */
  readonly servers: readonly RedisServer[];
  /**
   * The server that most sentinels call the master.
   *
   * @throws Error when they do not agree
   */
  master(): Promise<RedisServer>;
  /**
   * Has a replica promoted, and waits until every running server and sentinel follows it: about five seconds, in most of
   * which the old master still serves as one.
   */
  failover(): Promise<void>;
  /** Waits for a master that serves as one and of which `predicate` holds. */
  untilMaster(predicate: (master: RedisServer) => boolean, timeoutMs: number): Promise<RedisServer>;
  stop(): Promise<void>;
}

/** Resolves when the replicas are in sync and the sentinels know them all and each other. */
export async function startSentinel(options: SentinelOptions): Promise<RedisSentinel> {
  const { replicas, sentinels: watchers = 3 } = options;
  if (!Number.isInteger(replicas) || replicas < 0) throw new RangeError('replicas: an integer, 0 or more');
  if (!Number.isInteger(watchers) || watchers < 1) throw new RangeError('sentinels: a positive integer');
  const servers: RedisServer[] = [];
  const sentinels: RedisServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all([...sentinels, ...servers].map((server) => server.stop()));
  };
  try {
    const first = await startServer(options.config);
    servers.push(first);
    await startAll(servers, replicas, () => startServer(options.config));
    await Promise.all(servers.slice(1).map((server) => follow(server, first)));
    await untilInSync(first, servers);
    await startAll(sentinels, watchers, () => startWatcher(first, watchers, options));
    await waitUntil('the sentinels to know each other', WAIT_MS, async () => {
      const complete = await Promise.all(
        sentinels.map(async (sentinel) => {
          const seen = await watched(sentinel);
          return (
            seen['num-slaves'] === String(replicas) && seen['num-other-sentinels'] === String(watchers - 1)
          );
        }),
      );
      return complete.every(Boolean) || undefined;
    });
    await Promise.all(sentinels.map((sentinel) => sentinel.command('SENTINEL', 'DEBUG', ...PERIODS)));
  } catch (error) {
    await stop();
    throw error;
  }

  const master = async (): Promise<RedisServer> => {
    const asked = running(sentinels).map(async (sentinel) => (await watched(sentinel))['port']);
    const ports = (await Promise.allSettled(asked)).map((word) => word.status === 'fulfilled' && word.value);
    const named = servers.find(
      ({ port }) => ports.filter((other) => other === String(port)).length > watchers / 2,
    );
    if (named === undefined) throw new Error('no majority of the sentinels for one master');
    return named;
  };
  const untilMaster: RedisSentinel['untilMaster'] = (predicate, timeoutMs) =>
    waitUntil('another master', timeoutMs, async () => {
      const named = await master();
      if (!predicate(named)) return undefined;
      return (await named.command('ROLE')).startsWith('master\n') ? named : undefined;
    });

  return {
    name: NAME,
    sentinels,
    servers,
    master,
    untilMaster,
    async failover() {
      const before = await master();
      const [sentinel] = running(sentinels);
      if (sentinel === undefined) throw new Error('no sentinel is running');
      await waitUntil('a failover by a sentinel', WAIT_MS, async () => {
        const { port, flags } = await watched(sentinel);
        if (port !== String(before.port)) return true;
        // Not begun, or given up because a replica was not heard of lately.
        if (!flags?.includes('failover_in_progress')) await sentinel.command('SENTINEL', 'FAILOVER', NAME);
        return undefined;
      });
      const after = await untilMaster((server) => server !== before, WAIT_MS);
      await untilInSync(after, running(servers));
      await waitUntil('the sentinels to follow', WAIT_MS, async () => {
        const follow = await Promise.all(running(sentinels).map((one) => hasFollowed(one, after)));
        return follow.every(Boolean) || undefined;
      });
    },
    stop,
  };
}

function running(servers: readonly RedisServer[]): RedisServer[] {
  return servers.filter(({ state }) => state === 'running');
}

async function startAll(
  into: RedisServer[],
  count: number,
  start: () => Promise<RedisServer>,
): Promise<void> {
  const starts = await Promise.allSettled(Array.from({ length: count }, start));
  for (const one of starts) if (one.status === 'fulfilled') into.push(one.value);
  for (const one of starts) if (one.status === 'rejected') throw one.reason;
}

function startServer(config: RedisConfig = {}): Promise<RedisServer> {
  return launchRedis({
    save: '',
    appendonly: 'no',
    'repl-diskless-sync': 'yes',
    'repl-diskless-sync-delay': '0',
    ...config,
  });
}

async function startWatcher(
  master: RedisServer,
  sentinels: number,
  { downAfterMs = 1000, failoverTimeoutMs = 3000 }: SentinelOptions,
): Promise<RedisServer> {
  const quorum = Math.floor(sentinels / 2) + 1;
  const config = {
    [`sentinel monitor ${NAME}`]: `${master.host} ${master.port} ${quorum}`,
    [`sentinel down-after-milliseconds ${NAME}`]: String(downAfterMs),
    [`sentinel failover-timeout ${NAME}`]: String(failoverTimeoutMs),
  };
  const sentinel = await launchRedis(config, undefined, ['--sentinel']);
  await sentinel.command('SENTINEL', 'DEBUG', ...START_PERIODS);
  return sentinel;
}

/** By command, which connects at once; the rewritten configuration keeps it through a restart. */
async function follow(replica: RedisServer, master: RedisServer): Promise<void> {
  await replica.command('REPLICAOF', master.host, master.port);
  await replica.command('CONFIG', 'REWRITE');
}

async function untilInSync(master: RedisServer, servers: readonly RedisServer[]): Promise<void> {
  const replicas = servers.filter((server) => server !== master);
  await untilFollowed(master, replicas, ['PUBLISH', NAME, 'in sync?'], WAIT_MS);
}

/** What a sentinel knows of the master. */
async function watched(sentinel: RedisServer): Promise<Readonly<Record<string, string>>> {
  const lines = (await sentinel.command('SENTINEL', 'MASTER', NAME)).split('\n');
  return Object.fromEntries(lines.flatMap((name, i) => (i % 2 === 0 ? [[name, lines[i + 1] ?? '']] : [])));
}

/** Whether a sentinel has seen a failover through, and every replica in its new part: only then may the next begin. */
async function hasFollowed(sentinel: RedisServer, master: RedisServer): Promise<boolean> {
  const { port, flags } = await watched(sentinel);
  const replicas = await sentinel.command('SENTINEL', 'REPLICAS', NAME);
  return port === String(master.port) && flags === 'master' && !replicas.includes('role-reported\nmaster\n');
}
