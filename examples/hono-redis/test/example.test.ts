/** Runs the example as its README does: its processes, over real sockets, with a real Redis. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createFetch, createSigner } from '@countersign/client';
import { type RedisServer, startRedis, waitUntil } from '@countersign/testkit/redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCE } from '../src/api.js';

const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

let redis: RedisServer;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  children.clear();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface Run {
  readonly child: ChildProcess;
  readonly printed: () => string;
  readonly complained: () => string;
  readonly status: Promise<number | null>;
}

function run(file: string, env: Record<string, string>): Run {
  const path = fileURLToPath(new URL(`../dist/${file}`, import.meta.url));
  const url = `redis://${redis.host}:${redis.port}`;
  const child = spawn(process.execPath, [path], {
    env: { ...process.env, COUNTERSIGN_SECRET: SECRET, REDIS_URL: url, WORKERS: '4', ...env },
    // With a channel, so that it ends with this process.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.add(child);
  let [printed, complained] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    complained += chunk;
  });
  const status = once(child, 'exit').then(([code]) => code);
  return { child, printed: () => printed, complained: () => complained, status };
}

describe('the Hono example on Redis', () => {
  it('has one memory in four processes: one limit, no replay, and none after Redis has forgotten', async () => {
    const show = run('show.js', { PORT: String(await freePort()) });
    const status = await show.status;
    expect(show.printed()).toMatch(
      /^kept +5000 orders at once, limit 100\/m +100 admitted, 4900 rate-limited$/m,
    );
    expect(show.printed()).toMatch(/sent again to every worker( +1 replayed-nonce by worker \d,?){4}$/m);
    expect(show.printed()).toMatch(/has forgotten; all admitted, sent again +100 store-recovering$/m);
    expect(show.printed()).toMatch(/begun after that +200 after \d+ ms$/m);
    expect(show.printed()).toMatch(/sent once more +100 store-recovering$/m);
    expect(show.printed()).not.toContain('BROKEN');
    expect(status).toBe(0);
  });

  it('is ended by SIGTERM when what has begun is done, and takes FLUSHALL in its stride', async () => {
    const port = await freePort();
    const server = run('server.js', { PORT: String(port) });
    const api = `http://127.0.0.1:${port}`;
    await waitUntil('the server', 10_000, () => server.printed() || undefined);
    const signer = createSigner({ keyId: 'partner_1', secret: SECRET, audience: AUDIENCE });
    const account = () => createFetch(signer)(`${api}/v1/account`, { scope: 'account' });
    expect(await (await account()).json()).toEqual({ owner: 'acme' });

    await redis.command('FLUSHALL');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await account()).status).toBe(200);

    const [url, body] = [`${api}/v1/orders`, '{"sku":"tea-7","owner":"globex"}'];
    const plain = { 'content-type': 'application/json', 'content-length': String(body.length) };
    const headers = { ...plain, ...signer.sign({ method: 'POST', url, headers: plain, body }) };
    const order = request(url, { method: 'POST', headers, agent: false });
    const answered = once(order, 'response');
    order.write(body.slice(0, 5));
    await new Promise((resolve) => setTimeout(resolve, 200));
    server.child.kill('SIGTERM');
    await waitUntil('the end of listening', 5_000, () =>
      fetch(api).then(
        () => undefined,
        () => 'refused',
      ),
    );
    expect(server.child.exitCode).toBeNull();
    order.end(body.slice(5));
    const [answer] = await answered;
    expect(answer.statusCode).toBe(201);
    // The owner is who signed, whatever the body says.
    expect(JSON.parse((await answer.toArray()).join(''))).toMatchObject({ sku: 'tea-7', owner: 'acme' });
    expect(await server.status).toBe(0);
  });

  it('says in one line that there is no Redis', async () => {
    const at = `127.0.0.1:${await freePort()}`;
    const server = run('server.js', { REDIS_URL: `redis://user:word@${at}` });
    expect(await server.status).toBe(1);
    expect(server.printed()).toBe('');
    expect(server.complained()).toBe(
      `no Redis at redis://${at} (connect ECONNREFUSED ${at}): start redis-server there, or set REDIS_URL\n`,
    );
  });

  it('says why when a Redis may evict what it must not forget', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    try {
      const server = run('server.js', { PORT: String(await freePort()), WORKERS: '1' });
      expect(await server.status).toBe(1);
      expect(server.complained()).toContain('CONFIG SET maxmemory-policy noeviction');
    } finally {
      await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    }
  });
});
