/**
 * A store at work: the servers checked, the scripts compiled for what was found, and somebody who looks after the
 * buckets.
 */
import type { AcceptanceWindow } from '@countersign/server/stores';
import type { Redis } from 'ioredis';
import type { Bucket } from './bucket-names.js';
import { createCaretaker } from './caretaker.js';
import { createReplication, type Replication } from './durability.js';
import { createHomes, type Homes } from './homes.js';
import type { Link, LinkEvents, Routed } from './link/link.js';
import type { OpenRoute } from './link/route.js';
import type { Argument } from './link/wire.js';
import type { RedisStoreSettings } from './redis-store-options.js';
import { REPLY } from './script/bucket.js';
import { compileScripts, type Script, type Scripts } from './scripts.js';
import { checkServer } from './server-check.js';
import type { Warn } from './warnings.js';

export interface Engine {
  readonly scripts: Scripts;
  readonly run: (script: Script, bucket: Bucket, args: readonly Argument[]) => Promise<Routed>;
  /** Takes an admission back, over the link that brought its answer. */
  readonly undo: (link: Link, bucket: Bucket, args: readonly Argument[]) => Promise<void>;
  readonly bringHome: Homes['bringHome'];
  /** Whether enough replicas have what was written over this link; true where none are asked for. */
  readonly confirm: (link: Link) => Promise<boolean> | true;
  /** Touches every bucket. Rejects when one could not be reached. */
  readonly touchAll: () => Promise<void>;
}

/** An engine that is there, or on its way. */
export interface Start {
  /** Rejects with an Error that says what to set, when a server may forget or a deposed master may go on. */
  readonly engine: Promise<Engine>;
  /** Lets the connections go, also those that are still being made. */
  readonly stop: () => void;
}

/**
 * A hundred processes that meet a new server need not all look at all 1,024 buckets. In a cluster they do: a run of
 * buckets that have their memory tells nothing of the one shard that may not.
 */
const ENOUGH_IN_A_ROW = 256;

/**
 * @param window of the verifier that came first
 * @param onTime hears of every reading of a server's clock
 * @param onUnfit is called when a server that came later needs another engine, or none
 */
export function startEngine(
  open: OpenRoute,
  settings: RedisStoreSettings,
  window: AcceptanceWindow,
  buckets: readonly Bucket[],
  warn: Warn,
  time: (() => readonly [nowMs: number, atMs: number]) | undefined,
  onTime: LinkEvents['onTime'],
  onUnfit: () => void,
): Start {
  let stopped = false;
  let caretaker: ReturnType<typeof createCaretaker> | undefined;
  const route = open(
    {
      onTime,
      onServer: (redis) => {
        if (caretaker === undefined) return;
        caretaker.touchAll().catch(() => {});
        checkAgain(redis).catch(() => {});
      },
    },
    (error) => warn('connection', error.message),
  );
  let deposedMs = 0;
  /** A server that was not there at the start may be set up otherwise. */
  const checkAgain = async (redis: Redis): Promise<void> => {
    const findings = await checkServer(redis, route.topology, settings);
    if (findings.refusals.length > 0 || findings.deposedMs > deposedMs) onUnfit();
  };
  const replications = new Map<Link, Replication>();
  const stop = (): void => {
    stopped = true;
    caretaker?.stop();
    for (const replication of replications.values()) replication.close();
    route.close();
  };
  const start = async (): Promise<Engine> => {
    const failures: unknown[] = [];
    const masters = await route.masters();
    for (const { redis } of masters) {
      // A shard that is away is checked when it comes; it keeps the others from nothing.
      const findings = await checkServer(redis, route.topology, settings).catch((error: unknown) => {
        failures.push(error);
      });
      if (findings === undefined) continue;
      for (const warning of findings.warnings) warn(warning, warning);
      if (findings.refusals.length > 0) throw new Error(findings.refusals.join('; '));
      deposedMs = Math.max(deposedMs, findings.deposedMs);
    }
    if (failures.length === masters.length) throw failures[0];
    if (stopped) throw new Error('stopped while it was started');
    const { maxNonces, maxBudgetsPerOwner, durability } = settings;
    const { pastMs, futureMs } = window;
    const injectedTime = time !== undefined;
    const scripts = compileScripts({
      pastMs,
      futureMs,
      deposedMs,
      maxNonces,
      maxBudgetsPerOwner,
      injectedTime,
    });
    const timed = (args: readonly Argument[]): readonly Argument[] =>
      time === undefined ? args : [...args, ...time()];
    const run = (script: Script, bucket: Bucket, args: readonly Argument[]): Promise<Routed> =>
      route.run(script, bucket, timed(args));

    caretaker = createCaretaker(
      buckets,
      async (bucket, cursor) => {
        const { reply } = await run(scripts.touch, bucket, [cursor]);
        const [code, , forgot, next] = reply;
        if (code !== REPLY.fresh) throw new Error(`touch: the server answered ${code}`);
        if (forgot === 1) {
          warn(
            'loss',
            `${bucket.key} had no memory, or may have lost some: what was signed before it was found is refused for ${futureMs + deposedMs} ms`,
          );
        }
        return { forgot: forgot === 1, cursor: String(next) };
      },
      route.topology === 'cluster' ? buckets.length : ENOUGH_IN_A_ROW,
    );
    const byKey = new Map(buckets.map((bucket) => [bucket.key, bucket]));
    const homes = createHomes(
      scripts,
      async (script, bucket, args) => (await run(script, bucket, args)).reply,
      (key) => byKey.get(key),
      () => window.clock.nowMs(),
    );
    caretaker.touchAll().catch(() => {});
    return {
      scripts,
      run,
      undo: async (link, { key }, args) => {
        await link.run(scripts.undo, key, timed(args));
      },
      bringHome: homes.bringHome,
      touchAll: caretaker.touchAll,
      confirm: (link) => {
        if (durability === undefined) return true;
        let replication = replications.get(link);
        if (replication === undefined) {
          replication = createReplication(link, durability);
          replications.set(link, replication);
          link.redis.once('end', () => {
            replications.get(link)?.close();
            replications.delete(link);
          });
        }
        return replication.confirm();
      },
    };
  };
  const engine = start();
  engine.catch(stop);
  return { engine, stop };
}
