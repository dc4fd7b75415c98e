/**
 * An API for machines on Hono: every route says which scope it is for, and gets requests that were signed, counted and
 * admitted once. Start it with `node examples/hono/dist/server.js`.
 */
import { realpathSync } from 'node:fs';
import { countersign } from '@countersign/hono';
import { createVerifier, type KeyConfig, keyring } from '@countersign/server';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

/** The name under which clients sign for this API, whatever host and port it listens on. */
export const AUDIENCE = 'api.example.com';

interface Order {
  readonly id: string;
  readonly owner: string;
}

/** The keys of the API, by id. */
export function partners(secret: string): Record<string, KeyConfig> {
  return { partner_1: { secret, owner: 'acme', scopes: ['orders', 'uploads'] } };
}

/** Makes the API. */
export function createApi(partners: Record<string, KeyConfig>): Hono {
  const verifier = createVerifier({
    audience: AUDIENCE,
    keys: keyring(partners),
    limits: { '*': '100/m', 'orders:write': '5/10s' },
    onVerdict: ({ code, method, target, reason }) => {
      if (code !== 'admitted') console.log(`${method} ${target}: ${code}, ${reason}`);
    },
  });
  const orders = new Map<string, Order>();
  const api = new Hono();

  api.get('/v1/orders/:id', countersign(verifier, { scope: 'orders:read' }), (c) => {
    const order = orders.get(c.req.param('id'));
    // Ids are easily guessed: to others, an order is not there.
    if (order?.owner !== c.get('countersign').key.owner) return c.json({ error: 'no such order' }, 404);
    return c.json(order);
  });

  // The body was verified before the handler runs; `c.req.json()` and the rest work as ever.
  api.post('/v1/orders', countersign(verifier, { scope: 'orders:write' }), async (c) => {
    const { owner } = c.get('countersign').key;
    const id = `order-${orders.size + 1}`;
    // What the body must not choose comes last.
    const order: Order = { ...(await c.req.json()), id, owner };
    orders.set(id, order);
    return c.json(order, 201);
  });

  // A streamed body: its bytes are unauthenticated until `await verified`, so nothing is kept before.
  api.put('/v1/uploads/:name', countersign(verifier, { scope: 'uploads', body: 'stream' }), async (c) => {
    let bytes = 0;
    for await (const chunk of c.req.raw.body ?? []) bytes += chunk.length;
    await c.get('countersign').verified;
    return c.json({ name: c.req.param('name'), bytes }, 201);
  });

  return api;
}

if (realpathSync(process.argv[1] ?? '.') === import.meta.filename) {
  const { PORT: port = '3000', COUNTERSIGN_SECRET: secret = '' } = process.env;
  serve({ fetch: createApi(partners(secret)).fetch, port: Number(port) });
  console.log(`listening on http://localhost:${port}`);
}
