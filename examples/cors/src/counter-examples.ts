/** Two APIs that are wrong, to see what becomes of a client. Do not copy. */
import { countersign } from '@countersign/hono';
import type { Verifier } from '@countersign/server';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { ALLOWED, notes } from './server.js';

/** The browser hides the verdict from the client, which then cannot tell a refusal from a forgery. */
export function unexposedApi(verifier: Verifier, pageOrigin: string): Hono {
  const app = new Hono();
  app.use(cors({ origin: pageOrigin, allowHeaders: ALLOWED }));
  return app.route('/', notes(verifier));
}

/** A preflight carries no signature, so it is refused, and the call is never sent. */
export function unaskedApi(verifier: Verifier, pageOrigin: string): Hono {
  const app = new Hono();
  app.use(countersign(verifier, { scope: 'notes', children: true }));
  app.use(cors({ origin: pageOrigin, allowHeaders: ALLOWED }));
  return app.route('/', notes(verifier));
}
