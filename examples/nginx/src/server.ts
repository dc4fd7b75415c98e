/**
 * One process of the API: `COUNTERSIGN_SECRET=… REDIS_URL=… PORT=3001 node examples/nginx/dist/server.js`. Start two, with
 * a port each. It prints every verdict, and ends politely on SIGTERM.
 */
import { once } from 'node:events';
import { redisStore } from '@countersign/redis';
import { createAdaptorServer } from '@hono/node-server';
import { Redis } from 'ioredis';
import { createApi } from './api.js';

const { PORT: port = '0', REDIS_URL: url = 'redis://127.0.0.1:6379' } = process.env;
const { COUNTERSIGN_SECRET: secret = '', COUNTERSIGN_ECHO: echo = '' } = process.env;
/** Longer than nginx keeps a connection (60 s), so that it is nginx that closes it. */
const KEEP_ALIVE_MS = 75_000;

const redis = new Redis(url);
const store = redisStore(redis);
const api = createApi({
  secret,
  store,
  keepOrder: (order) => redis.rpush('orders', JSON.stringify(order)),
  onVerdict: ({ code, method, target, address = '-', reason = '' }) =>
    console.log(`${method} ${target} ${code} ${address} ${reason}`.trimEnd()),
  echo: echo !== '',
});
const server = createAdaptorServer({
  fetch: api.fetch,
  serverOptions: { keepAliveTimeout: KEEP_ALIVE_MS },
});
let connections = 0;
server.on('connection', () => {
  connections += 1;
});

const stop = (): void => {
  // Finishes what has begun. A connection of nginx's that falls silent has nothing left to say.
  const silent = setInterval(() => 'closeIdleConnections' in server && server.closeIdleConnections(), 50);
  server.close(async () => {
    clearInterval(silent);
    await store.close();
    redis.disconnect();
    console.log(`${connections} connections`);
    if (process.connected) process.disconnect();
  });
};
process.once('SIGTERM', stop);
// Started by another program, it does not outlive it.
process.once('disconnect', () => process.exit());
process.channel?.unref();

// Now the memory is known, so that a call that begins from here on can be told from one that was forgotten.
await store.ready();
server.listen(Number(port), '127.0.0.1');
await once(server, 'listening');
const address = server.address();
console.log(`listening on ${typeof address === 'object' ? address?.port : address}`);
