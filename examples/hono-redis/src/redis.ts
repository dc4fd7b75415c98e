/**
 * The Redis that the processes share, by its URL. `redis://` and `rediss://` are one server;
 * `redis+sentinel://host:port,host:port/name` is whatever these sentinels call the master of that name, and
 * `redis+cluster://host:port,host:port` a Redis Cluster that these nodes belong to.
 */
import { Cluster, Redis } from 'ioredis';

export const REDIS_URL: string = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/** Begins every key of this example, so that it can share a server with others. */
export const PREFIX = 'cs1-example';

const ANSWER_WITHIN_MS = 2_000;

/** A client that connects when it is first used. */
export function openRedis(url: string = REDIS_URL): Redis | Cluster {
  const [, kind, list = '', name = ''] = /^redis\+(sentinel|cluster):\/\/([^/]+)\/?(.*)$/.exec(url) ?? [];
  const nodes = list.split(',').map((node) => {
    const [host = '', port] = node.split(':');
    return { host, port: Number(port) };
  });
  if (kind === 'cluster') return new Cluster(nodes, { lazyConnect: true });
  if (kind === 'sentinel') return new Redis({ sentinels: nodes, name, lazyConnect: true });
  return new Redis(url, { lazyConnect: true });
}

/** @throws Error that says in one line what to do, when nobody answers */
export async function requireRedis(url: string = REDIS_URL): Promise<void> {
  const redis = openRedis(url);
  let why = 'no answer';
  redis.on('error', ({ message }: Error) => {
    why = message;
  });
  const late = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const tooLate = new Promise<never>((_, reject) => {
    late.onabort = () => reject(late.reason);
  });
  try {
    await Promise.race([redis.ping(), tooLate]);
  } catch {
    const shown = url.replace(/\/\/.*@/, '//');
    throw new Error(`no Redis at ${shown} (${why}): start redis-server there, or set REDIS_URL`);
  } finally {
    redis.disconnect();
  }
}
