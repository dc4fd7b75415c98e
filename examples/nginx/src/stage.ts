/** What stands behind the show: a Redis, two processes of the API, the naive one, and nginx before all of them. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type RedisServer, startRedis } from '@countersign/testkit/redis';
import { AUDIENCE, PREFIX } from './api.js';
import { type ApiProcess, startApi } from './api-process.js';
import { startNaiveApi } from './naive-api.js';
import { type Nginx, startNginx } from './nginx.js';

const CONF = join(import.meta.dirname, '..', 'nginx.conf');
const NAIVE_CONF = join(import.meta.dirname, '..', 'naive.conf');

export interface Stage {
  readonly secret: string;
  /** nginx with `nginx.conf`; ends in the prefix. */
  readonly api: string;
  /** nginx with `naive.conf`. */
  readonly naive: string;
  readonly processes: readonly [ApiProcess, ApiProcess];
  readonly nginx: Nginx;
  readonly redis: RedisServer;
  /** How many orders were put. */
  readonly orders: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const secret = `cs1s_${randomBytes(32).toString('base64url')}`;
  const redis = await startRedis();
  const url = `redis://${redis.host}:${redis.port}`;
  const processes = await Promise.all([startApi(secret, url), startApi(secret, url)] as const);
  const naive = await startNaiveApi(secret, AUDIENCE, PREFIX);
  const ports = new Map([
    ['127.0.0.1:3001', processes[0].port],
    ['127.0.0.1:3002', processes[1].port],
    ['127.0.0.1:3000', naive.port],
  ]);
  const nginx = await startNginx([CONF, NAIVE_CONF], [8080, 8081], (text) =>
    text
      .replace(/127\.0\.0\.1:300\d/g, (at) => `127.0.0.1:${ports.get(at)}`)
      .replace(/proxy_read_timeout \d+s;/, 'proxy_read_timeout 2s;'),
  );
  return {
    secret,
    api: `http://127.0.0.1:${nginx.portOf(8080)}${PREFIX}`,
    naive: `http://127.0.0.1:${nginx.portOf(8081)}${PREFIX}`,
    processes,
    nginx,
    redis,
    orders: async () => Number(await redis.command('LLEN', 'orders')),
    stop: async () => {
      await nginx.stop();
      naive.stop();
      await Promise.all(processes.map((process) => process.stop()));
      await redis.stop();
    },
  };
}
