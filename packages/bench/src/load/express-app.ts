/** The Express 5 application under load: one route that reads its JSON, behind each kind of protection. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { countersign } from '@countersign/express';
import express, { type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { server as hawk } from 'hawk';
import { orderBody } from '../order-request.js';
import { benchVerifier, SCOPE } from '../subjects/countersign.js';
import { floor } from '../subjects/floor.js';
import { CREDENTIALS, hawkRequest, nonceMap } from '../subjects/hawk.js';
import { flexibleBudgets, HOUR, MINUTE } from '../subjects/limiters.js';
import type { Protection } from './protection.js';

/** Listens on a free port and gives it. */
export async function serveExpress(protection: Protection): Promise<number> {
  const app = express();
  const answer: RequestHandler = (request, response) => {
    response.status(201).json({ items: request.body.items.length });
  };
  app.post('/v1/orders', ...PROTECTIONS[protection](), answer);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const PROTECTIONS: Readonly<Record<Protection, () => RequestHandler[]>> = {
  none: () => [express.json()],
  hashes: () => {
    const { call } = floor(orderBody('order'), 'bytes');
    return [
      (_request, _response, next) => {
        call(undefined);
        next();
      },
      express.json(),
    ];
  },
  countersign: () => [countersign(benchVerifier(), { scope: SCOPE }), express.json()],
  'hawk-flexible': () => {
    const consume = flexibleBudgets();
    return [
      ...hawkMiddleware(),
      (_request, _response, next) => {
        consume(CREDENTIALS.id).then(() => next(), next);
      },
    ];
  },
  'hawk-limiter': () => [
    ...hawkMiddleware(),
    ...[HOUR, MINUTE].map(({ windowMs, limit }) =>
      rateLimit({ windowMs, limit, keyGenerator: () => CREDENTIALS.id }),
    ),
  ],
};

/** The parser comes first and keeps the bytes, as users of hawk do. */
function hawkMiddleware(): RequestHandler[] {
  const nonceFunc = nonceMap();
  const bodies = new WeakMap<object, Buffer>();
  return [
    express.json({ verify: (request, _response, bytes) => void bodies.set(request, bytes) }),
    (request, response, next) => {
      const payload = bodies.get(request) ?? Buffer.alloc(0);
      const head = hawkRequest(request.headers.authorization ?? '', 80);
      hawk
        .authenticate({ ...head, url: request.originalUrl }, () => CREDENTIALS, { payload, nonceFunc })
        .then(
          () => next(),
          () => response.status(401).json({ error: 'unauthorized' }),
        );
    },
  ];
}
