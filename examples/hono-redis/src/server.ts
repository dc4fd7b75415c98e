/**
 * Four processes behind one port, and one memory for all of them on Redis. Start it with
 * `node examples/hono-redis/dist/server.js`. SIGTERM and SIGINT end it politely.
 */
import cluster, { type Worker } from 'node:cluster';
import { redisStore } from '@countersign/redis';
import { createAdaptorServer } from '@hono/node-server';
import { createApi } from './api.js';
import { openRedis, PREFIX, requireRedis } from './redis.js';

const { PORT: port = '3000', WORKERS: workers = '4', COUNTERSIGN_SECRET: secret = '' } = process.env;

/** Starts the workers, replaces those that crash, and ends when they have ended. */
async function lead(): Promise<void> {
  await requireRedis();
  let stopping = false;
  let listening = 0;

  const stop = (): void => {
    stopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM');
  };
  const start = (): void => {
    const worker: Worker = cluster.fork();
    let serves = false;
    worker.once('listening', () => {
      serves = true;
      listening += 1;
      if (listening === Number(workers)) console.log(`${workers} workers on http://localhost:${port}`);
    });
    worker.once('exit', (status, signal) => {
      if (stopping) return;
      console.error(`worker ${worker.id} ended: ${signal ?? status}`);
      if (serves) return start();
      process.exitCode = 1;
      stop();
    });
  };
  for (let count = 0; count < Number(workers); count++) start();
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Started by another program, it does not outlive it.
  process.once('disconnect', stop);
  process.channel?.unref();
}

async function work(id: string): Promise<void> {
  const store = redisStore(openRedis(), { prefix: PREFIX });
  const server = createAdaptorServer({ fetch: createApi(secret, store, id).fetch });

  const stop = (): void => {
    // Stops listening, and finishes what has begun. A connection that falls silent has nothing left to say.
    const silent = setInterval(() => 'closeIdleConnections' in server && server.closeIdleConnections(), 100);
    server.close(async () => {
      clearInterval(silent);
      await store.close();
      process.disconnect();
    });
  };
  // Now every bucket's horizon is known, so that a call that begins from here on is refused or comes through, and its
  // client can tell which.
  await store.ready();
  server.listen(Number(port));
  process.once('SIGTERM', stop);
  // A terminal sends it to every process; the leader passes it on as SIGTERM.
  process.on('SIGINT', () => {});
}

try {
  await (cluster.worker === undefined ? lead() : work(String(cluster.worker.id)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
