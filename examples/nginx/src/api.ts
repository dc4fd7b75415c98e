/**
 * The API behind nginx. What nginx changes is made up for by three options: `audience` is one fixed name, so that Host is
 * not looked at; `prefix` is put back before a target is verified; `proxies` says how many hops in front are ours.
 */
import { countersign, echo } from '@countersign/hono';
import { createVerifier, keyring, type Store, type VerdictEvent } from '@countersign/server';
import { Hono } from 'hono';

/** The name that clients address, whatever Host says after nginx has rewritten it. */
export const AUDIENCE = 'partners.example.com';
/** What nginx strips. */
export const PREFIX = '/partners';

/** nginx's `client_max_body_size` lies a little above. */
const MAX_BODY_BYTES = 64 * 1024;
const BEHIND_NGINX = { prefix: PREFIX, proxies: 1 };

export interface ApiOptions {
  /** Of the key `partner_1`. */
  readonly secret: string;
  readonly store: Store;
  /** Keeps an order, in the memory that the processes share. */
  readonly keepOrder: (order: object) => Promise<unknown>;
  readonly onVerdict: (event: VerdictEvent) => void;
  /** Mounts the route that `countersign doctor` asks. To be left off when nobody looks for a fault. */
  readonly echo: boolean;
}

export function createApi(options: ApiOptions): Hono {
  const verifier = createVerifier({
    audience: AUDIENCE,
    keys: keyring({ partner_1: { secret: options.secret, owner: 'acme', scopes: ['orders', 'files'] } }),
    limits: { '*': '1000/m' },
    maxBodyBytes: MAX_BODY_BYTES,
    // A Redis that is new refuses everything for `futureMs`. Two seconds are enough for clients that have NTP.
    tolerance: { futureMs: 2_000 },
    failures: { limit: 10, windowMs: 60_000 },
    store: options.store,
    onVerdict: options.onVerdict,
  });
  const api = new Hono();
  if (options.echo) api.all('/countersign-echo/*', echo);

  const orders = countersign(verifier, { scope: 'orders:write', ...BEHIND_NGINX });
  api.on(['POST', 'PUT'], '/v1/orders/:id', orders, async (c) => {
    const { owner } = c.get('countersign').key;
    // What the body must not choose comes last.
    const order = { ...(await c.req.json()), id: c.req.param('id'), owner };
    await options.keepOrder(order);
    return c.json(order, 201);
  });
  api.get('/v1/files/*', countersign(verifier, { scope: 'files:read', ...BEHIND_NGINX }), (c) =>
    c.json({ path: c.get('countersign').request.path, query: c.get('countersign').request.query }),
  );
  return api;
}
