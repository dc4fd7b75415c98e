/** The API. Routes say what a request is for and what it costs; how much of it a customer has is the key's, by its plan. */
import { countersign } from '@countersign/hono';
import {
  type CachedDirectory,
  cachedDirectory,
  createVerifier,
  memoryStore,
  routeScopes,
} from '@countersign/server';
import { Hono } from 'hono';
import type { Customers } from './customers.js';
import { EXPORT_COST, PLANS, type PlanName } from './plans.js';

/** The name under which clients sign for this API. */
export const AUDIENCE = 'api.example.com';

export interface Api {
  readonly app: Hono;
  readonly keys: CachedDirectory;
  /** Changes a customer's plan; it holds for the next request. Other processes have a cache of their own to be told. */
  readonly changePlan: (customer: string, plan: PlanName) => void;
}

export function createApi(customers: Customers): Api {
  const keys = cachedDirectory(customers.findKey);
  // For keys without limits of their own; here each has those of its plan.
  const verifier = createVerifier({
    audience: AUDIENCE,
    keys,
    limits: PLANS.free.limits,
    store: memoryStore(),
  });
  const ofTenant = routeScopes({
    'POST /v1/tenants/:tenant/orders': (_signed, { tenant }) => `orders:write:${tenant}`,
  });
  const app = new Hono();

  app.get('/v1/orders', countersign(verifier, { scope: 'orders:read' }), (c) => c.json({ orders: [] }));

  // The tenant stands in the path, which is signed. Whose budget is charged cannot be chosen apart from it: a `:` in it
  // makes no further segment of the scope, and is refused.
  app.post('/v1/tenants/:tenant/orders', countersign(verifier, { scope: ofTenant }), (c) =>
    c.json({ tenant: c.req.param('tenant') }, 201),
  );
  app.post('/v1/reports/export', countersign(verifier, { scope: 'reports', cost: EXPORT_COST }), (c) =>
    c.json({ exported: true }, 202),
  );

  return {
    app,
    keys,
    changePlan: (customer, plan) => {
      customers.changePlan(customer, plan);
      // Every key of the customer: one that is left out keeps the old limits for up to 30 s.
      for (const id of customers.keysOf(customer)) keys.invalidate(id);
    },
  };
}
