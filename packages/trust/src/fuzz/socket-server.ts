/**
 * The server that raw bytes are sent to: Hono and Express behind the adapters, in a process of its own. A handler answers with
 * what it was given, so that the sender can hold it against what was signed. It tells its ports, and whatever no handler caught.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { countersign as expressCountersign } from '@countersign/express';
import { countersign as honoCountersign } from '@countersign/hono';
import { createVerifier, keyring, type SignedRequest } from '@countersign/server';
import { TEST_AUDIENCE, TEST_SECRET } from '@countersign/testkit';
import { createAdaptorServer } from '@hono/node-server';
import express from 'express';
import { Hono } from 'hono';

/** What a handler was given. */
export interface Handled {
  readonly nonce: string;
  /** The covered parts, as JSON would have them in the order of the canonical string. */
  readonly covered: string;
  /** SHA-256 of the body that the handler read. */
  readonly bodyDigest: string;
}

/** What is said of a request's meaning: what the verifier says was signed, and what the handler read. */
export function handled(
  request: Omit<SignedRequest, 'signedAtMs'> | SignedRequest,
  body: Uint8Array,
): Handled {
  const { method, audience, path, query, digest, ts, nonce, key, scope, headers } = request;
  return {
    nonce,
    covered: JSON.stringify([method, audience, path, query, digest, ts, nonce, key, scope, headers]),
    bodyDigest: createHash('sha256').update(body).digest('hex'),
  };
}

function verifier() {
  return createVerifier({
    keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['*'] } }),
    audience: TEST_AUDIENCE,
    failures: { limit: 1_000_000 },
    bodyTimeoutMs: 2_000,
  });
}

const ROUTE = { scope: 'orders', children: true };

function honoServer() {
  const app = new Hono();
  app.all('*', honoCountersign(verifier(), ROUTE), async (c) => {
    const { request } = c.get('countersign');
    return c.json(handled(request, new Uint8Array(await c.req.arrayBuffer())));
  });
  return createAdaptorServer({ fetch: app.fetch });
}

function expressServer() {
  const app = express();
  app.use(expressCountersign(verifier(), ROUTE), express.raw({ type: () => true }), (req, res) => {
    const { countersign, body } = req as typeof req & { countersign: { request: SignedRequest } };
    res.json(handled(countersign.request, Buffer.isBuffer(body) ? body : Buffer.alloc(0)));
  });
  return createServer(app);
}

/** Started as a process: serves until its parent is gone. */
export async function serveAsProcess(): Promise<void> {
  const tell = (message: object): void => void process.send?.(message);
  process.on('uncaughtException', (error) => tell({ uncaught: String(error.stack ?? error) }));
  process.on('unhandledRejection', (error) => tell({ uncaught: String(error) }));
  process.on('disconnect', () => process.exit());
  const ports: Record<string, number> = {};
  for (const [name, server] of Object.entries({ hono: honoServer(), express: expressServer() })) {
    await new Promise<void>((resolve) => server.listen(0, resolve));
    ports[name] = (server.address() as AddressInfo).port;
  }
  tell({ ports });
}
