/**
 * The API that every worker serves. It is as it would be for one process: the store alone knows that there are others.
 */
import { countersign } from '@countersign/hono';
import { createVerifier, keyring, type Store } from '@countersign/server';
import { Hono } from 'hono';

/** The name under which clients sign for this API, whatever host and port it listens on. */
export const AUDIENCE = 'api.example.com';

/** Makes the API. `secret` is that of `partner_1`; `worker` is told in each answer, to see who gave it. */
export function createApi(secret: string, store: Store, worker: string): Hono {
  const verifier = createVerifier({
    audience: AUDIENCE,
    keys: keyring({ partner_1: { secret, owner: 'acme', scopes: ['orders', 'account'] } }),
    limits: { '*': '50000/m', 'orders:write': '100/m' },
    // What Redis has forgotten is made good by refusing everything for `futureMs`. Two seconds are enough for clients
    // with a clock that is set by NTP; the default is ten.
    tolerance: { futureMs: 2_000 },
    store,
  });
  const api = new Hono();

  api.use(async (c, next) => {
    await next();
    c.header('x-worker', worker);
  });
  api.get('/v1/account', countersign(verifier, { scope: 'account' }), (c) =>
    c.json({ owner: c.get('countersign').key.owner }),
  );
  api.post('/v1/orders', countersign(verifier, { scope: 'orders:write' }), async (c) => {
    const { owner } = c.get('countersign').key;
    // What the body must not choose comes last.
    return c.json({ ...(await c.req.json()), id: crypto.randomUUID(), owner }, 201);
  });
  return api;
}
