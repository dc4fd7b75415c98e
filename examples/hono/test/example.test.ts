/** Runs the example as its README does: over a real socket, and as two processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createFetch, createSigner } from '@countersign/client';
import { createAdaptorServer } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { apiFetch, placeOrder } from '../src/client.js';
import { AUDIENCE, createApi, partners } from '../src/server.js';

const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const OTHER_SECRET = 'cs1s_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc';
const keys = {
  ...partners(SECRET),
  partner_2: { secret: OTHER_SECRET, owner: 'globex', scopes: ['orders'] },
};
let server: Server;
let api = '';

beforeEach(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  server = createAdaptorServer({ fetch: createApi(keys).fetch }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  vi.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('the Hono example', () => {
  it('places an order and reads it', async () => {
    const fetch = apiFetch(SECRET);
    const order = { id: 'order-1', owner: 'acme', sku: 'tea-7', quantity: 2 };
    expect(await placeOrder(fetch, api, { sku: 'tea-7', quantity: 2 })).toEqual(order);
    expect(await (await fetch(`${api}/v1/orders/order-1`)).json()).toEqual(order);
    expect((await fetch(`${api}/v1/orders/order-2`)).status).toBe(404);
  });

  it('shows nobody the orders of another', async () => {
    await placeOrder(apiFetch(SECRET), api, { sku: 'tea-7', quantity: 2 });
    const other = createFetch(createSigner({ keyId: 'partner_2', secret: OTHER_SECRET, audience: AUDIENCE }));
    expect((await other(`${api}/v1/orders/order-1`)).status).toBe(404);
  });

  it("takes an order's id and owner from no body", async () => {
    const sent = { id: 'order-9', owner: 'globex', sku: 'tea-7', quantity: 2 };
    expect(await placeOrder(apiFetch(SECRET), api, sent)).toMatchObject({ id: 'order-1', owner: 'acme' });
  });

  it('streams an upload', async () => {
    const upload = { method: 'PUT', body: 'x'.repeat(300_000), scope: 'uploads' };
    const response = await apiFetch(SECRET)(`${api}/v1/uploads/a%2Fb?draft=1`, upload);
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ name: 'a/b', bytes: 300_000 });
  });

  it("refuses what is not signed, and scopes that are not the route's", async () => {
    expect((await fetch(`${api}/v1/orders/order-1`)).status).toBe(401);
    const response = await apiFetch(SECRET)(`${api}/v1/orders/order-1`, { scope: 'orders:write' });
    expect(response.status).toBe(403);
  });

  it('runs as two processes', async () => {
    const start = (file: string, env: Record<string, string>) =>
      spawn(process.execPath, [fileURLToPath(new URL(`../dist/${file}`, import.meta.url))], {
        env: { ...process.env, COUNTERSIGN_SECRET: SECRET, ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const serving = start('server.js', { PORT: String(port) });
    await once(serving.stdout, 'data');
    const client = start('client.js', { API: `http://localhost:${port}` });
    let printed = '';
    client.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    const [exitCode] = await once(client, 'exit');
    serving.kill();
    expect(exitCode).toBe(0);
    expect(printed.match(/id: 'order-1'/g)).toHaveLength(2);
  });
});
