/** The guides' code runs as it stands: both schemes are taken during a move, a Fetch handler answers, a proxy's prefix. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFetch, createSigner, type Signer } from '@countersign/client';
import { getRequestListener } from '@hono/node-server';
import Hawk from 'hawk';
import type { Hono } from 'hono';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { partsOf } from '../dist/markdown.js';
import { REPOSITORY_ROOT } from '../dist/repository.js';

const SECRET = `cs1s_${Buffer.alloc(32, 7).toString('base64url')}`;
const HAWK_KEY = 'a key of the old scheme, for this test alone';
const BODY = '{"sku":"tea-7"}';
const JSON_TYPE = { 'content-type': 'application/json' };
const folder = `${REPOSITORY_ROOT}/packages/site/dist/guides`;

beforeAll(() => {
  process.env['PARTNER_1_SECRET'] = SECRET;
  for (const shop of ['SMALL_SHOP', 'BIG_SHOP']) process.env[shop] = SECRET;
  process.env['PARTNER_1_HAWK'] = HAWK_KEY;
  process.env['PARTNER_1_OLD_SECRET'] = HAWK_KEY;
  mkdirSync(folder, { recursive: true });
});

/** Imports the TypeScript of a page as one module. Imports that stand behind other code are fine in a module. */
async function run<Exports>(page: string, exports: string): Promise<Exports> {
  const parts = partsOf(readFileSync(`${REPOSITORY_ROOT}/docs/guide/${page}.md`, 'utf8'));
  const code = parts.flatMap((part) => ('language' in part && part.language === 'ts' ? [part.text] : []));
  writeFileSync(`${folder}/${page}.ts`, `${code.join('\n')}\nexport { ${exports} };\n`);
  return import(`${folder}/${page}.ts`);
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/orders`;
}

function signer(): Signer {
  return createSigner({ keyId: 'partner_1', secret: SECRET, audience: 'api.example.com' });
}

async function post(url: string, headers: Record<string, string>, body = BODY): Promise<[number, unknown]> {
  const response = await fetch(url, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });
  return [response.status, await response.json()];
}

async function signedPost(url: string): Promise<[number, unknown]> {
  const response = await createFetch(signer())(url, { method: 'POST', headers: JSON_TYPE, body: BODY });
  return [response.status, await response.json()];
}

const placed = (owner: string): [number, unknown] => [201, { owner, order: JSON.parse(BODY) }];
const UNSIGNED = [401, expect.objectContaining({ code: 'missing-signature' })];
const WRONG = [401, { code: 'invalid-signature' }];

describe('a route that takes both', () => {
  it('Hawk and Countersign', async () => {
    const { app } = await run<{ app: Hono }>('from-hawk', 'app');
    const url = await listen(getRequestListener(app.fetch));
    const hawk = (key: string, payload: string): Record<string, string> => {
      const credentials = { id: 'partner_1', key, algorithm: 'sha256' as const, user: 'acme' };
      const options = { credentials, payload, contentType: 'application/json' };
      return {
        authorization: Hawk.client.header('https://api.example.com/v1/orders', 'POST', options).header,
      };
    };
    expect(await signedPost(url)).toEqual(placed('acme'));
    expect(await post(url, hawk(HAWK_KEY, BODY))).toEqual(placed('acme'));
    expect(await post(url, hawk(HAWK_KEY, '{"sku":"gold"}'))).toEqual(WRONG);
    expect(await post(url, hawk('another key', BODY))).toEqual(WRONG);
    expect(await post(url, {})).toEqual(UNSIGNED);
  });

  it('an HMAC of one’s own with a limiter, and Countersign', async () => {
    const { app } = await run<{ app: Hono }>('from-signer-and-limiter', 'app');
    const url = await listen(getRequestListener(app.fetch));
    const old = (timestamp: string): Record<string, string> => {
      const text = `POST\n/v1/orders\n1763750000\n${BODY}`;
      const signature = createHmac('sha256', HAWK_KEY).update(text).digest('hex');
      return { 'x-api-key': 'partner_1', 'x-timestamp': timestamp, 'x-signature': signature };
    };
    expect(await signedPost(url)).toEqual(placed('partner_1'));
    expect(await post(url, old('1763750000'))).toEqual(placed('partner_1'));
    expect(await post(url, old('1763750001'))).toEqual(WRONG);
    expect(await post(url, {})).toEqual(UNSIGNED);
  });

  it('SigV4-style code and Countersign', async () => {
    const verifyOldSignature = async ({
      headers,
    }: {
      headers: Record<string, string>;
    }): Promise<{ account: string }> => {
      if (headers['authorization'] !== 'AWS4-HMAC-SHA256 good') throw new Error('no');
      return { account: 'old account' };
    };
    Object.assign(globalThis, { verifyOldSignature });
    const { app } = await run<{ app: RequestListener }>('from-sigv4', 'app');
    const url = await listen(app);
    expect(await signedPost(url)).toEqual(placed('acme'));
    expect(await post(url, { authorization: 'AWS4-HMAC-SHA256 good' })).toEqual(placed('old account'));
    const bad = await post(url, { authorization: 'AWS4-HMAC-SHA256 bad' });
    expect(bad).toEqual([403, { code: 'invalid-signature' }]);
    expect(await post(url, {})).toEqual(UNSIGNED);
  });
});

describe('the code of', () => {
  it('Fetch: one handler, and many routes behind one guard', async () => {
    type Handler = (request: Request) => Promise<Response>;
    const { placeOrder, handle } = await run<{ placeOrder: Handler; handle: Handler }>(
      'fetch',
      'placeOrder, handle',
    );
    const ask = async (handler: Handler, method: string, path: string): Promise<number> => {
      const url = `http://api.example.com${path}`;
      const body = method === 'GET' ? undefined : BODY;
      const given = body === undefined ? {} : JSON_TYPE;
      const headers = { ...given, ...signer().sign({ method, url, headers: given, body }) };
      return (await handler(new Request(url, { method, headers, body: body ?? null }))).status;
    };
    expect(await ask(placeOrder, 'POST', '/v1/orders')).toBe(201);
    expect(
      (await placeOrder(new Request('http://api.example.com/v1/orders', { method: 'POST' }))).status,
    ).toBe(401);
    expect(await ask(handle, 'POST', '/v1/orders')).toBe(201);
    expect(await ask(handle, 'GET', '/v1/orders/7')).toBe(404);
    expect(await ask(handle, 'POST', '/v1/tenants/tenant-42/orders')).toBe(404);
    expect(await ask(handle, 'GET', '/unknown')).toBe(403);
  });

  it('operations: counts by code, and no label that a stranger chose', async () => {
    const { metrics, verifier } = await run<{
      metrics: { text: () => string };
      verifier: { verify: (head: object, route: object) => unknown };
    }>('operations', 'metrics, verifier');
    for (const target of ['/a', '/b'])
      await verifier.verify({ method: 'GET', target, headers: [] }, { body: '' });
    expect(metrics.text()).toContain(
      'countersign_verdicts_total{code="missing-signature",proved="false"} 2\n',
    );
    expect(metrics.text()).toContain('countersign_verdict_seconds_bucket{le="+Inf"} 2\n');
  });

  it('scopes and budgets: five charges for a tenant’s request, twenty units for a full report', async () => {
    const { app } = await run<{ app: Hono }>('budgets', 'app');
    const url = await listen(getRequestListener(app.fetch));
    const levels = async (path: string): Promise<string> => {
      const response = await createFetch(signer())(url.replace('/v1/orders', path), { method: 'POST' });
      return response.headers.get('ratelimit') ?? '';
    };
    const charged = await levels('/v1/tenants/tenant-42/orders');
    expect(charged.match(/"(.*?)";r=\d+/g)).toEqual([
      '"orders:write:tenant-42 10/60s";r=9',
      '"orders:write 60/60s";r=59',
      '"orders:write 5/1s";r=4',
      '"orders 300/60s";r=299',
      '"* 1000/60s";r=999',
    ]);
    expect(await levels('/v1/reports?format=full')).toContain('"orders 300/60s";r=279');
  });
});
