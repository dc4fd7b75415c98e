/**
 * The repository's own examples pass the probe. Each probe has a server of its own, so that none waits for a budget that
 * another has spent; what is probed of a window is spread over several, because its windows are waited out.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createFetch, createSigner } from '@countersign/client';
import { startRedis, waitUntil } from '@countersign/testkit/redis';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AUDIENCE, createApi as expressApi, partners } from '../../../examples/express/src/server.js';
import { createApi as honoApi } from '../../../examples/hono/src/server.js';
import { type Probed, probe } from './broken/probed.js';

// Most of a probe is waiting.
vi.setConfig({ maxConcurrency: 16, testTimeout: 180_000 });

const KEY_ID = 'partner_1';
const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const ORDER = '{"sku":"tea-7","quantity":2}';
/** The limit of the examples on Hono and on Express. */
const RATE = '5/10s';

const EXAMPLES = {
  hono: () => createAdaptorServer({ fetch: honoApi(partners(SECRET)).fetch }) as Server,
  express: () => createServer(expressApi(partners(SECRET))),
};

/** Those that a budget's window is waited out for, apart. */
const LIMIT_ATTACKS = [
  'limit-denied,limit-concurrent,limit-sequential,limit-forwarded,limit-queries,limit-child-scopes',
  'limit-denied-nonce',
  'limit-denied-budget',
  'limit-window-edge',
  'limit-first-window',
  'limit-refill',
];

/** Serves an example for as long as something is done with it. */
async function serving<T>(make: () => Server, use: (api: string) => Promise<T>): Promise<T> {
  const server = make().listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function attack(words: readonly string[]): Promise<Probed> {
  return probe(KEY_ID, SECRET, [...words, '--audience', AUDIENCE, '--wait', '1']);
}

function placeOrder(api: string): Promise<Response> {
  const fetch = createFetch(createSigner({ keyId: KEY_ID, secret: SECRET, audience: AUDIENCE }));
  const headers = { 'content-type': 'application/json' };
  return fetch(`${api}/v1/orders`, { method: 'POST', headers, body: ORDER, scope: 'orders:write' });
}

/** @param tried how many attacks have to be tried at least */
function expectNothing({ status, opened, report }: Probed, tried: number): void {
  expect(opened).toEqual([]);
  expect(report.summary.refused).toBeGreaterThanOrEqual(tried);
  expect(status).toBe(0);
}

// Each refusal is told to the operator, and a body that is not the signed one to Hono's log.
beforeAll(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterAll(() => vi.restoreAllMocks());

describe.concurrent.each(Object.entries(EXAMPLES))('the example on %s', (_, make) => {
  const place = (api: string) => ['POST', `${api}/v1/orders`, '--data', ORDER, '--scope', 'orders:write'];

  it.each(LIMIT_ATTACKS)('keeps its limit: %s', async (only) => {
    const told = ['--also', '/v1/orders/order-1', '--limit', RATE, '--only', only];
    const probed = await serving(make, (api) => attack([...place(api), ...told]));
    expectNothing(probed, only.split(',').length);
  });

  it('withstands the probe where orders are placed', async () => {
    const told = ['--also', '/v1/orders/order-1', '--also', '/v1/uploads/a', '--other-scope', 'orders:read'];
    expectNothing(await serving(make, (api) => attack([...place(api), ...told])), 50);
  });

  it('withstands the probe where orders are read', async () => {
    const probed = await serving(make, async (api) => {
      expect((await placeOrder(api)).status).toBe(201);
      const words = ['GET', `${api}/v1/orders/order-1`, '--scope', 'orders:read'];
      return attack([...words, '--other-scope', 'orders:write']);
    });
    expectNothing(probed, 45);
  });

  it('has what its streaming route is documented to have, and nothing else', async () => {
    const told = ['--data', 'some text', '--scope', 'uploads', '--other-scope', 'orders:read'];
    const probed = await serving(make, (api) => attack(['PUT', `${api}/v1/uploads/a`, ...told]));
    // What is admitted before its body was read is spent by a wrong one, and by half of one.
    expect(probed.opened).toEqual(['nonce-burnt-by-body', 'nonce-burnt-by-cut-upload']);
    expect(probed.status).toBe(1);
  });
});

describe.concurrent('the example on Hono with Redis', () => {
  it('withstands the probe in two processes', async () => {
    const redis = await startRedis();
    const port = await freePort();
    const server = serveWithRedis(port, `redis://${redis.host}:${redis.port}`);
    try {
      await waitUntil('the server', 20_000, () => server.printed() || undefined);
      const words = [
        'POST',
        `http://127.0.0.1:${port}/v1/orders`,
        '--data',
        ORDER,
        '--scope',
        'orders:write',
      ];
      const told = [...words, '--also', '/v1/account', '--other-scope', 'account'];
      expectNothing(await attack(told), 50);
      // Its window is a minute: what waits that out is left out.
      const only = 'limit-sequential,limit-forwarded,limit-queries,limit-child-scopes';
      expectNothing(await attack([...told, '--limit', '100/m', '--only', only]), 4);
    } finally {
      await server.stop();
      await redis.stop();
    }
  });
});

interface Serving {
  readonly printed: () => string;
  readonly stop: () => Promise<void>;
}

function serveWithRedis(port: number, url: string): Serving {
  const path = fileURLToPath(new URL('../../../examples/hono-redis/dist/server.js', import.meta.url));
  const told = { COUNTERSIGN_SECRET: SECRET, REDIS_URL: url, WORKERS: '2', PORT: String(port) };
  const child = spawn(process.execPath, [path], {
    env: { ...process.env, ...told },
    // With a channel, so that it ends with this process.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
  };
  return { printed: () => printed, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
