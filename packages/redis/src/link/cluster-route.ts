/**
 * The route to a Redis Cluster. It sends each command itself to the master that has the slot, rather than through the
 * cluster client, because an answer is worth something only from a server whose identity is known; and it follows
 * MOVED and ASK.
 */
import type { Cluster, Redis } from 'ioredis';
import type { Bucket } from '../bucket-names.js';
import type { Script } from '../scripts.js';
import { CONNECTION_OPTIONS, createLink, type Link, type LinkEvents, type Routed } from './link.js';
import type { Route } from './route.js';
import type { Argument } from './wire.js';

const MAX_REDIRECTS = 5;
const MAX_PAUSE_MS = 100;
/** Slots are asked for at most this often. */
const REFRESH_MS = 100;

export function createClusterRoute(
  cluster: Cluster,
  events: LinkEvents,
  onError: (error: Error) => void,
): Route {
  const own = cluster.duplicate([], {
    redisOptions: { ...cluster.options.redisOptions, ...CONNECTION_OPTIONS },
    enableOfflineQueue: false,
    scaleReads: 'master',
    lazyConnect: false,
    clusterRetryStrategy: (attempt: number) => Math.min(attempt * 10, MAX_PAUSE_MS),
  });
  own.on('error', onError);
  own.on('node error', onError);
  const links = new WeakMap<Redis, Link>();
  let refreshedMs = Number.NEGATIVE_INFINITY;

  const linkTo = (redis: Redis): Link => {
    let link = links.get(redis);
    if (link === undefined) {
      link = createLink(redis, events);
      links.set(redis, link);
    }
    return link;
  };
  const nodeAt = (nodeKey: string | undefined): Redis | undefined =>
    own.nodes('all').find(({ options: { host, port } }) => `${host}:${port}` === nodeKey);
  const refresh = (): void => {
    if (performance.now() - refreshedMs < REFRESH_MS) return;
    refreshedMs = performance.now();
    own.refreshSlotsCache(() => {});
  };

  const follow = async (
    script: Script,
    bucket: Bucket,
    args: readonly Argument[],
    nodeKey: string | undefined,
    asking: boolean,
    redirects: number,
  ): Promise<Routed> => {
    const redis = nodeAt(nodeKey);
    if (redis === undefined) {
      refresh();
      throw new Error(`Redis Cluster: no connection to the master of slot ${bucket.slot} (${own.status})`);
    }
    try {
      return await linkTo(redis).run(script, bucket.key, args, asking);
    } catch (error) {
      const [kind, , target] = error instanceof Error ? error.message.split(' ') : [];
      if (kind !== 'ASK') refresh();
      if ((kind !== 'MOVED' && kind !== 'ASK') || redirects === MAX_REDIRECTS) throw error;
      return follow(script, bucket, args, target, kind === 'ASK', redirects + 1);
    }
  };

  return {
    topology: 'cluster',
    run: (script, bucket, args) => follow(script, bucket, args, own.slots[bucket.slot]?.[0], false, 0),
    masters: async () => {
      if (own.status !== 'ready') {
        await new Promise<void>((resolve, reject) => {
          own.once('ready', resolve);
          own.once('close', () => reject(new Error(`Redis Cluster: no connection (${own.status})`)));
        });
      }
      const masters = own.nodes('master');
      return masters.map(linkTo);
    },
    close: () => own.disconnect(),
  };
}
