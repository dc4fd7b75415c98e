/**
 * The application that every runtime serves: plain Fetch handlers behind `guard`, a Hono application behind its adapter, and
 * the echo. It answers pages of other origins.
 */
import { countersign } from '@countersign/hono';
import {
  ANY_HOST,
  createVerifier,
  type GuardAdmitted,
  guard,
  keyring,
  type Received,
  routeScopes,
} from '@countersign/server';
import { fetchEcho } from '@countersign/server/adapter';
import { Hono } from 'hono';
import { KEY_ID, SECRET } from './keys.js';

export type App = (request: Request, received?: Received) => Promise<Response>;

/** How many refusals a stranger has from one address before they get 429. */
export const STRANGERS_LIMIT = 40;

/** Leads to the application with one audience: to its `guard`, or with `hono` to its Hono adapter. */
export const NAMED_FIELD = 'x-suite-named';
export const NAMED_AUDIENCE = 'api.example.com';

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, POST, PUT',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-expose-headers':
    'countersign-verdict, ratelimit, ratelimit-policy, retry-after, cache-control',
};

export function createApp(): App {
  const verifier = createVerifier({
    audience: ANY_HOST,
    keys: keyring({ [KEY_ID]: { secret: SECRET, owner: 'acme', scopes: ['orders', 'limited', 'uploads'] } }),
    limits: { orders: '100000/m', limited: '100000/m', 'limited:+': '2/m' },
    failures: { limit: STRANGERS_LIMIT, windowMs: 60_000 },
    maxBodyBytes: 1_000_000,
    bodyTimeoutMs: 700,
  });
  const scope = routeScopes({
    'POST /v1/orders': 'orders:write',
    'GET /v1/orders': 'orders:read',
    'GET /v1/orders/:id': 'orders:read',
    'GET /v1/limited/:run': (_, { run }) => `limited:${run}`,
  });
  const orders = guard(verifier, { scope });
  const uploads = guard(verifier, { scope: 'uploads', body: 'stream' });
  const hono = new Hono().post('/hono/orders', countersign(verifier, { scope: 'orders' }), async (c) =>
    c.json({ owner: c.get('countersign').key.owner, body: await c.req.text() }, 201),
  );

  const named = createNamedApp();

  return async (request, received = {}) => {
    if (request.headers.has(NAMED_FIELD)) return named(request, received);
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: CORS });
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/echo')) return fetchEcho(request, received);
    if (pathname.startsWith('/hono')) return readable(await hono.fetch(request));
    const verdict = await (pathname.startsWith('/v1/uploads') ? uploads : orders)(request, received);
    return readable(verdict.ok ? await verdict.finish(answer(verdict)) : verdict.response);
  };
}

/** Behind one audience, for which Host is not looked at. Tells what URL its handlers see. */
function createNamedApp(): App {
  const verifier = createVerifier({
    audience: NAMED_AUDIENCE,
    keys: keyring({ [KEY_ID]: { secret: SECRET, scopes: ['*'] } }),
  });
  const check = guard(verifier, { scope: 'named' });
  const hono = new Hono().get('*', countersign(verifier, { scope: 'named' }), (c) =>
    c.json({ seen: c.req.path, parameters: Object.keys(c.req.query()) }),
  );
  return async (request, received = {}) => {
    if (request.headers.get(NAMED_FIELD) === 'hono') return hono.fetch(request);
    const verdict = await check(request, received);
    if (!verdict.ok) return verdict.response;
    const { pathname, searchParams } = new URL(verdict.incoming.url);
    return verdict.finish(Response.json({ seen: pathname, parameters: [...searchParams.keys()] }));
  };
}

async function answer({ incoming, verified, key, scope, request }: GuardAdmitted): Promise<Response> {
  const body = await incoming.text();
  await verified;
  const { method, path, query } = request;
  const status = method === 'POST' ? 201 : 200;
  return Response.json(
    { owner: key.owner, scope, method, path, query, bytes: body.length, body: body.slice(0, 99) },
    { status },
  );
}

function readable(response: Response): Response {
  for (const [name, value] of Object.entries(CORS)) response.headers.set(name, value);
  return response;
}
