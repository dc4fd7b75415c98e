/** An API whose keys are in a database: the verifier asks a cache, which asks the database now and then. */
import { countersign } from '@countersign/hono';
import {
  type CachedDirectory,
  cachedDirectory,
  createVerifier,
  type FindKey,
  memoryStore,
} from '@countersign/server';
import { Hono } from 'hono';

/** The name under which clients sign for this API. */
export const AUDIENCE = 'api.example.com';

export interface ApiOptions {
  /** Looks a key up by its id. */
  readonly findKey: FindKey;
  /** How long a change takes at most until it holds, without `invalidate`: 30 s at most, and by default. */
  readonly keysHoldForMs?: number;
  readonly placeOrder: (owner: string) => void;
}

export interface Api {
  readonly app: Hono;
  /** `keys.invalidate(id)` after a change: it holds for the next request. In every process that has such a cache. */
  readonly keys: CachedDirectory;
}

export function createApi({ findKey, keysHoldForMs, placeOrder }: ApiOptions): Api {
  const keys = cachedDirectory(findKey, { ttlMs: keysHoldForMs });
  const verifier = createVerifier({
    audience: AUDIENCE,
    keys,
    limits: { '*': '100000/m' },
    store: memoryStore(),
  });
  const app = new Hono();
  app.post('/v1/orders', countersign(verifier, { scope: 'orders:write' }), (c) => {
    const { owner } = c.get('countersign').key;
    placeOrder(owner);
    return c.json({ owner }, 201);
  });
  return { app, keys };
}
