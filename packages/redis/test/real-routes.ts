/** Routes to real servers that a test file starts for itself, and which end with it. */
import {
  type RedisCluster,
  type RedisConfig,
  type RedisServer,
  startCluster,
  startRedis,
} from '@countersign/testkit/redis';
import { Cluster, Redis } from 'ioredis';
import { createClusterRoute } from '../src/link/cluster-route.js';
import type { LinkEvents } from '../src/link/link.js';
import type { Route } from '../src/link/route.js';
import { createSingleRoute } from '../src/link/single-route.js';

const QUIET: LinkEvents = { onTime: () => {}, onServer: () => {} };

export interface Standalone {
  readonly server: RedisServer;
  readonly route: Route;
  readonly stop: () => Promise<void>;
}

export async function startStandalone(config: RedisConfig = {}): Promise<Standalone> {
  const server = await startRedis({ config });
  const redis = new Redis({ host: server.host, port: server.port, lazyConnect: true });
  const route = createSingleRoute(redis, QUIET, () => {});
  await route.masters();
  return {
    server,
    route,
    stop: async () => {
      route.close();
      await server.stop();
    },
  };
}

export interface ThreeMasters {
  readonly servers: RedisCluster;
  readonly route: Route;
  readonly stop: () => Promise<void>;
}

export async function startThreeMasters(): Promise<ThreeMasters> {
  const servers = await startCluster({ masters: 3 });
  const cluster = new Cluster([...servers.startupNodes], { lazyConnect: true });
  const route = createClusterRoute(cluster, QUIET, () => {});
  await route.masters();
  return {
    servers,
    route,
    stop: async () => {
      route.close();
      await servers.stop();
    },
  };
}
