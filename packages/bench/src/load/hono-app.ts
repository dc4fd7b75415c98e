/** The Hono application under load: one route that reads its JSON, behind each kind of protection. */
import { countersign } from '@countersign/hono';
import { type HttpBindings, serve } from '@hono/node-server';
import { server as hawk } from 'hawk';
import { Hono, type MiddlewareHandler } from 'hono';
import { rateLimiter } from 'hono-rate-limiter';
import { orderBody } from '../order-request.js';
import { benchVerifier, SCOPE } from '../subjects/countersign.js';
import { floor } from '../subjects/floor.js';
import { CREDENTIALS, hawkRequest, nonceMap } from '../subjects/hawk.js';
import { flexibleBudgets, HOUR, MINUTE } from '../subjects/limiters.js';
import type { Protection } from './protection.js';

type Env = { Bindings: HttpBindings };

/** Listens on a free port and gives it. */
export function serveHono(protection: Protection): Promise<number> {
  const app = new Hono<Env>();
  const answer: MiddlewareHandler<Env> = async (c) => {
    const order = await c.req.json<{ items: unknown[] }>();
    return c.json({ items: order.items.length }, 201);
  };
  for (const middleware of PROTECTIONS[protection]()) app.use('/v1/orders', middleware);
  app.post('/v1/orders', answer);
  app.post('/open/orders', answer);
  return new Promise((resolve) => {
    serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port));
  });
}

const PROTECTIONS: Readonly<Record<Protection, () => MiddlewareHandler<Env>[]>> = {
  none: () => [],
  hashes: () => {
    const { call } = floor(orderBody('order'), 'bytes');
    return [
      (_, next) => {
        call(undefined);
        return next();
      },
    ];
  },
  countersign: () => [countersign(benchVerifier(), { scope: SCOPE })],
  'hawk-flexible': () => {
    const consume = flexibleBudgets();
    return [hawkMiddleware(), (_, next) => consume(CREDENTIALS.id).then(next)];
  },
  'hawk-limiter': () => [hawkMiddleware(), ...[HOUR, MINUTE].map(limiter)],
};

function hawkMiddleware(): MiddlewareHandler<Env> {
  const nonceFunc = nonceMap();
  return async (c, next) => {
    const payload = Buffer.from(await c.req.arrayBuffer());
    const request = hawkRequest(c.req.header('authorization') ?? '', 80);
    try {
      const url = c.env.incoming.url ?? '';
      await hawk.authenticate({ ...request, url }, () => CREDENTIALS, { payload, nonceFunc });
    } catch {
      return c.json({ error: 'unauthorized' }, 401);
    }
    return next();
  };
}

function limiter({ windowMs, limit }: typeof HOUR): MiddlewareHandler<Env> {
  return rateLimiter<Env>({ windowMs, limit, keyGenerator: () => CREDENTIALS.id });
}
