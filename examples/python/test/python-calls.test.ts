/** The Python client before the TypeScript verifier: Hono on Node, real sockets, answers that are lost, wrong clocks. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { countersign } from '@countersign/hono';
import { createVerifier, keyring, type VerdictEvent } from '@countersign/server';
import { TEST_AUDIENCE, TEST_SECRET } from '@countersign/testkit';
import { type HttpBindings, serve } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pythonChild } from './python-child.js';

const NEW_SECRET = TEST_SECRET.replace('AAEC', 'BBEC');
const BODY = '{"sku":"tea-7","quantity":2}';
const JSON_TYPE = [['Content-Type', 'application/json']] as const;

interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly verdict?: string | null;
  readonly error?: string;
  readonly code?: string | null;
}

const child = pythonChild();
const events: VerdictEvent[] = [];
/** What each attempt carried. */
const signatures: string[] = [];
let server: Server;
let orders: string;
/** How many answers are lost after their requests were handled. */
let lost = 0;

const codes = () => events.map(({ code }) => code);

beforeAll(async () => {
  const verifier = createVerifier({
    audience: TEST_AUDIENCE,
    keys: keyring({
      key_1: { secret: TEST_SECRET, scopes: ['orders'], owner: 'acme' },
      rotated: { secrets: [NEW_SECRET, TEST_SECRET], scopes: ['*'] },
      limited: { secret: TEST_SECRET, scopes: ['orders'], limits: { orders: '1/s' } },
      small: { secret: TEST_SECRET, scopes: ['orders'], limits: { orders: '1/h' } },
      elsewhere: { secret: TEST_SECRET, scopes: ['invoices'] },
    }),
    receipts: true,
    onVerdict: (event) => events.push(event),
  });
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(async (c, next) => {
    signatures.push(c.req.header('authorization') ?? '');
    await next();
    if (lost === 0) return;
    lost -= 1;
    c.env.incoming.socket.destroy();
  });
  app.all('/v1/orders', countersign(verifier, { scope: 'orders' }), async (c) => {
    const { owner } = c.get('countersign').key;
    return c.json({ owner, body: await c.req.text(), query: c.get('countersign').request.query }, 201);
  });
  app.all('/v1/all', countersign(verifier, { scope: 'orders', cost: 2 }), (c) => c.body(null, 204));
  await new Promise<void>((resolve) => {
    server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve()) as Server;
  });
  orders = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/orders`;
});
afterAll(async () => {
  await child.close();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  events.length = 0;
  signatures.length = 0;
});

let clients = 0;

/** A client in Python; each call of what it gives is one call of that client. */
async function client(keyId: string, options: { secret?: string; audience?: string; offMs?: number } = {}) {
  const id = `client ${clients++}`;
  await child.ask({ task: 'client', id, keyId, secret: TEST_SECRET, audience: TEST_AUDIENCE, ...options });
  return (method: string, more: object = {}): Promise<Answer> =>
    child.ask({ task: 'call', id, method, url: orders, ...more });
}

describe('the client of examples/python/countersign.py before @countersign/hono', () => {
  it('is admitted with its body, and believes the receipt', async () => {
    const call = await client('key_1');
    const answer = await call('POST', { body: BODY, headers: JSON_TYPE });
    expect(answer).toMatchObject({ status: 201, verdict: 'admitted' });
    expect(JSON.parse(answer.body ?? '')).toEqual({ owner: 'acme', body: BODY, query: '' });
  });

  it('is admitted with a query in any order and spelling', async () => {
    const call = await client('key_1');
    const answer = await call('GET', { url: `${orders}?b=2&a=1&a=0&c%5b%5D=x+y&d=%7e` });
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ query: 'a=1&a=0&b=2&c%5B%5D=x+y&d=~' });
  });

  it('sends the same signature after a lost answer, and is told that it was admitted', async () => {
    const call = await client('key_1');
    lost = 1;
    expect(await call('POST', { body: BODY, headers: JSON_TYPE })).toMatchObject({
      error: 'AlreadyAdmittedError',
    });
    expect(signatures).toHaveLength(2);
    expect(new Set(signatures).size).toBe(1);
    expect(codes()).toEqual(['admitted', 'replayed-nonce']);
  });

  it('does not know the outcome when no answer arrives', async () => {
    const call = await client('key_1');
    lost = 9;
    expect(await call('POST')).toMatchObject({ error: 'OutcomeUnknownError' });
    lost = 0;
    expect(new Set(signatures).size).toBe(1);
    expect(codes().filter((code) => code === 'admitted')).toHaveLength(1);
  });

  it('takes no refusal for one that the key holder did not write', async () => {
    const call = await client('key_1', { secret: NEW_SECRET });
    expect(await call('GET')).toMatchObject({ status: 401, verdict: null });
    expect(codes()).toEqual(['invalid-signature']);
    const astray = await client('key_1', { audience: 'other.example' });
    expect(await astray('GET')).toMatchObject({ status: 401, verdict: null });
  });

  it('waits over the limit, and is admitted later with the same signature', async () => {
    const call = await client('limited');
    expect(await call('POST', { body: 'a' })).toMatchObject({ status: 201 });
    expect(await call('POST', { body: 'b' })).toMatchObject({ status: 201 });
    expect(codes().filter((code) => code === 'admitted')).toHaveLength(2);
    expect(codes()).toContain('rate-limited');
    expect(new Set(signatures).size).toBe(2);
  });

  it('ends a call that would have to wait longer than its signature is fresh, or for ever', async () => {
    const call = await client('small');
    expect(await call('GET', { url: orders.replace('orders', 'all') })).toMatchObject({
      error: 'RateLimitedError',
    });
    expect(signatures).toHaveLength(1);
    await call('GET');
    expect(await call('GET')).toMatchObject({ error: 'RateLimitedError' });
    expect(signatures).toHaveLength(3);
  });

  it('is refused for another scope, and for one that its key is not granted', async () => {
    const refused = { error: 'RefusedError' };
    const call = await client('key_1');
    expect(await call('GET', { scope: 'invoices' })).toMatchObject({ ...refused, code: 'scope-mismatch' });
    const ungranted = await client('elsewhere');
    expect(await ungranted('GET')).toMatchObject({ ...refused, code: 'scope-not-granted' });
    expect(signatures).toHaveLength(2);
  });

  it('heals a slow clock within the call, and a fast one for the next', async () => {
    const slow = await client('key_1', { offMs: -600_000 });
    expect(await slow('POST')).toMatchObject({ status: 201 });
    expect(await slow('POST')).toMatchObject({ status: 201 });
    expect(codes()).toEqual(['stale-timestamp', 'admitted', 'admitted']);
    const fast = await client('key_1', { offMs: 600_000 });
    expect(await fast('POST')).toMatchObject({ error: 'ClockSkewError' });
    expect(await fast('POST')).toMatchObject({ status: 201 });
    const reader = await client('key_1', { offMs: 600_000 });
    expect(await reader('GET')).toMatchObject({ status: 201 });
  });

  it('is admitted with either secret while its key is rotated', async () => {
    for (const secret of [TEST_SECRET, NEW_SECRET]) {
      const call = await client('rotated', { secret });
      expect(await call('GET')).toMatchObject({ status: 201, verdict: 'admitted' });
    }
  });
});
