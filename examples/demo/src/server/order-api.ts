/**
 * The order API: routes, each with its scope, its cost and its handler. Nothing in here looks at a signature, a nonce
 * or a budget; the middleware of @countersign/hono has done that before a handler runs.
 */
import { createHash } from 'node:crypto';
import { countersign } from '@countersign/hono';
import type { Verifier } from '@countersign/server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import type { Journal } from './journal.js';
import { createOrderBook, type Order, readOrder } from './order-book.js';

const MAX_LISTED = 20;

/** @param body `stream` lets these handlers run on bytes that were not verified: for a sabotage only */
export function createOrderApi(verifier: Verifier, journal: Journal, body: 'buffer' | 'stream'): Hono {
  const book = createOrderBook();
  const reads = (scope: string): MiddlewareHandler => countersign(verifier, { scope });
  const writes = (scope: string): MiddlewareHandler => countersign(verifier, { scope, body });
  const count = (c: Context): void => {
    const { request, key, scope } = c.get('countersign');
    const call = c.req.header('idempotency-key');
    const nonce = request.nonce.replaceAll('-', '');
    journal({ kind: 'execution', key: key.id, nonce, scope, ...(call === undefined ? {} : { call }) });
  };
  const counted: MiddlewareHandler = async (c, next) => {
    count(c);
    await next();
  };
  const placeOrder = async (c: Context): Promise<Response> => {
    const order = readOrder(await c.req.json());
    if (order === undefined) return c.json({ error: 'not an order' }, 422);
    const placed = book.place(ownerOf(c), order);
    return c.json(placed, 201, { location: `/v1/orders/${placed.id}` });
  };
  const api = new Hono();

  api.get('/v1/orders', reads('orders:read'), counted, (c) => c.json(book.list(ownerOf(c), MAX_LISTED)));
  api.get('/v1/orders/:id', reads('orders:read'), counted, (c) => found(c, book.find(idOf(c))));
  api.post('/v1/orders', writes('orders:write'), counted, placeOrder);
  api.put('/v1/orders/:id', writes('orders:write'), counted, async (c) => {
    const order = readOrder(await c.req.json());
    if (order === undefined) return c.json({ error: 'not an order' }, 422);
    return found(c, book.change(idOf(c), order));
  });
  api.delete('/v1/orders/:id', writes('orders:write'), counted, (c) =>
    found(c, book.change(idOf(c), { status: 'cancelled' })),
  );

  api.get('/v1/invoices', reads('invoices:read'), counted, (c) =>
    c.json(book.list(ownerOf(c), MAX_LISTED).filter(({ status }) => status === 'invoiced')),
  );
  api.post('/v1/invoices', writes('invoices:write'), counted, async (c) => {
    const { order } = await c.req.json();
    return found(c, book.change(Number(order), { status: 'invoiced' }), 201);
  });

  // The client names its tenant in the signed scope, below the route's.
  const tenants = countersign(verifier, { scope: 'tenants:write', children: true, body });
  api.post('/v1/tenants/orders', tenants, counted, placeOrder);

  api.get('/v1/exports', reads('exports'), counted, (c) => c.json({ exports: [] }));
  const dear = countersign(verifier, { scope: 'exports', cost: 5 });
  api.post('/v1/exports', dear, counted, (c) => c.json({ state: 'queued' }, 202));
  const tooDear = countersign(verifier, { scope: 'exports', cost: 13 });
  api.post('/v1/exports/everything', tooDear, counted, (c) => c.json({ state: 'queued' }, 202));

  api.put('/v1/uploads/:name', writes('uploads:write'), counted, async (c) =>
    c.json(receipt(await c.req.arrayBuffer()), 201),
  );
  // Admitted before the body was read, so nothing is done with the bytes until they are verified.
  const streamed = countersign(verifier, { scope: 'uploads:write', body: 'stream' });
  api.put('/v1/uploads/streamed/:name', streamed, async (c) => {
    const bytes = await c.req.arrayBuffer();
    await c.get('countersign').verified;
    count(c);
    return c.json(receipt(bytes), 201);
  });
  return api;
}

function ownerOf(c: Context): string {
  return c.get('countersign').key.owner;
}

function idOf(c: Context): number {
  return Number(c.req.param('id'));
}

function found(c: Context, order: Order | undefined, status: 200 | 201 = 200): Response {
  return order === undefined ? c.json({ error: 'no such order' }, 404) : c.json(order, status);
}

function receipt(bytes: ArrayBuffer): { readonly bytes: number; readonly sha256: string } {
  const sha256 = createHash('sha256').update(Buffer.from(bytes)).digest('hex');
  return { bytes: bytes.byteLength, sha256 };
}
