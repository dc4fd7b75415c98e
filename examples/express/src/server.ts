/**
 * An API for machines on Express: every route says which scope it is for, and gets requests that were signed, counted
 * and admitted once. Start it with `node examples/express/dist/server.js`.
 */
import { realpathSync } from 'node:fs';
import { answerRefusedBody, countersign } from '@countersign/express';
import { createVerifier, type KeyConfig, keyring } from '@countersign/server';
import express, { type Express } from 'express';

/** The name under which clients sign for this API, whatever host and port it listens on. */
export const AUDIENCE = 'api.example.com';

interface Order {
  readonly id: string;
  readonly owner: string;
}

/** The keys of the API, by id. */
export function partners(secret: string): Record<string, KeyConfig> {
  return { partner_1: { secret, owner: 'acme', scopes: ['orders', 'uploads'] } };
}

/** Makes the API. */
export function createApi(partners: Record<string, KeyConfig>): Express {
  const verifier = createVerifier({
    audience: AUDIENCE,
    keys: keyring(partners),
    limits: { '*': '100/m', 'orders:write': '5/10s' },
    onVerdict: ({ code, method, target, reason }) => {
      if (code !== 'admitted') console.log(`${method} ${target}: ${code}, ${reason}`);
    },
  });
  const orders = new Map<string, Order>();
  const api = express();

  api.get('/v1/orders/:id', countersign(verifier, { scope: 'orders:read' }), (request, response) => {
    const order = orders.get(request.params.id ?? '');
    // Ids are easily guessed: to others, an order is not there.
    if (order?.owner !== request.countersign.key.owner) response.status(404).json({ error: 'no such order' });
    else response.json(order);
  });

  // The body was verified before the parser runs, which comes after the verifier.
  api.post(
    '/v1/orders',
    countersign(verifier, { scope: 'orders:write' }),
    express.json(),
    (request, response) => {
      const { owner } = request.countersign.key;
      const id = `order-${orders.size + 1}`;
      // What the body must not choose comes last.
      const order: Order = { ...request.body, id, owner };
      orders.set(id, order);
      response.status(201).json(order);
    },
  );

  // A streamed body: its bytes are unauthenticated until `await verified`, so nothing is kept before.
  api.put(
    '/v1/uploads/:name',
    countersign(verifier, { scope: 'uploads', body: 'stream' }),
    async (request, response) => {
      let bytes = 0;
      for await (const chunk of request.countersign.body) bytes += chunk.length;
      await request.countersign.verified;
      response.status(201).json({ name: request.params.name, bytes });
    },
  );
  // Answers an upload that turned out not to be the signed one.
  api.use(answerRefusedBody);

  return api;
}

if (realpathSync(process.argv[1] ?? '.') === import.meta.filename) {
  const { PORT: port = '3000', COUNTERSIGN_SECRET: secret = '' } = process.env;
  createApi(partners(secret)).listen(port);
  console.log(`listening on http://localhost:${port}`);
}
