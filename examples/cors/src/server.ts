/** The API. The page that calls it is of another origin, so the browser asks for leave first: `cors` comes before the verifier. */
import { countersign } from '@countersign/hono';
import type { Verifier } from '@countersign/server';
import { Hono } from 'hono';
import { cors } from 'hono/cors';

/** What a signed request of a browser sends; with `header` or `signHeaders` of your own, add those. */
export const ALLOWED: string[] = ['authorization', 'content-type', 'idempotency-key'];
/** What the client reads of an answer. Without the first it sees no verdict, and believes nothing. */
export const EXPOSED: string[] = ['countersign-verdict', 'ratelimit', 'ratelimit-policy', 'retry-after'];

export function createApi(verifier: Verifier, pageOrigin: string): Hono {
  const app = new Hono();
  app.use(
    cors({
      origin: pageOrigin, // one origin, never `*`
      allowMethods: ['GET', 'POST'],
      allowHeaders: ALLOWED,
      exposeHeaders: EXPOSED,
      maxAge: 600, // the browser asks once in ten minutes
    }),
  );
  return app.route('/', notes(verifier));
}

export function notes(verifier: Verifier): Hono {
  const kept: { owner: string; text: string }[] = [];
  const app = new Hono();
  app.get('/v1/notes', countersign(verifier, { scope: 'notes:read' }), (c) => {
    const { owner } = c.get('countersign').key;
    return c.json(kept.filter((note) => note.owner === owner));
  });
  app.post('/v1/notes', countersign(verifier, { scope: 'notes:write' }), async (c) => {
    const { text } = await c.req.json<{ text: string }>();
    const note = { owner: c.get('countersign').key.owner, text };
    kept.push(note);
    return c.json(note, 201);
  });
  return app;
}
