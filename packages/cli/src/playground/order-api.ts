/**
 * The API that is played with: a few routes, each with its scope. Its handlers do nothing but count how often they ran,
 * by the name that the client gave its call.
 */
import { countersign } from '@countersign/hono';
import type { Verifier } from '@countersign/server';
import { type Handler, Hono } from 'hono';

interface OrderApi {
  readonly app: Hono;
  /** How often a handler ran for the call of this name, the signed Idempotency-Key. */
  readonly executionsOf: (call: string) => number;
}

export function createOrderApi(verifier: Verifier): OrderApi {
  const executions = new Map<string, number>();
  const handle: Handler = (c) => {
    const call = c.req.header('idempotency-key');
    if (call !== undefined) executions.set(call, (executions.get(call) ?? 0) + 1);
    const { key, scope } = c.get('countersign');
    return c.json({ owner: key.owner, scope });
  };
  const app = new Hono();
  app.get('/v1/orders/:id', countersign(verifier, { scope: 'orders:read' }), handle);
  app.put('/v1/orders/:id', countersign(verifier, { scope: 'orders:write' }), handle);
  // The partner names its tenant in the signed scope, below the route's.
  app.post('/v1/orders', countersign(verifier, { scope: 'orders:write', children: true }), handle);
  app.get('/v1/reports', countersign(verifier, { scope: 'reports' }), handle);
  // No budget of its own: charged to the whole owner.
  app.get('/v1/stock', countersign(verifier, { scope: 'stock' }), handle);
  return { app, executionsOf: (call) => executions.get(call) ?? 0 };
}
