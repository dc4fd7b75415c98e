/** The TypeScript client, and raw bytes, before the Python verifier on real sockets: plain WSGI, Django and Flask. */
import { importSecret, openVerdict, parseAuthorization } from '@countersign/canonical';
import { AlreadyAdmittedError, createFetch, createSigner, type SignedFetch } from '@countersign/client';
import { signHead, TEST_AUDIENCE, TEST_SECRET } from '@countersign/testkit';
import { exchange, hostileRequests, sendSigned, signNow } from '@countersign/testkit/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Application, type PythonServer, pythonServer } from './python-server.js';

const NEW_SECRET = TEST_SECRET.replace('AAEC', 'BBEC');
const JSON_TYPE = { 'content-type': 'application/json' };
const BODY = '{"sku":"tea-7","quantity":2}';

interface Watched {
  readonly fetch: SignedFetch;
  /** The signature of each attempt. */
  readonly sent: string[];
}

/** A signing `fetch` for the API, which takes itself for `api.example.com`. */
function client(
  keyId: string,
  secret: string = TEST_SECRET,
  options: { offMs?: number; lose?: number } = {},
): Watched {
  const { offMs = 0, lose = 0 } = options;
  const sent: string[] = [];
  const signer = createSigner({ keyId, secret, audience: TEST_AUDIENCE, now: () => Date.now() + offMs });
  const fetch = createFetch(signer, {
    fetch: async (url, init) => {
      sent.push(new Headers(init?.headers).get('authorization') ?? '');
      const response = await globalThis.fetch(url, init);
      if (sent.length <= lose) throw new TypeError('the answer was lost on the way');
      return response;
    },
    sleep: (waitMs) => new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, 3_000))),
  });
  return { fetch, sent };
}

describe.each<Application>(['wsgi_app', 'django_app', 'flask_app'])(
  'examples/python/%s.py',
  (application) => {
    let server: PythonServer;
    let orders: string;

    beforeAll(async () => {
      server = await pythonServer(application, {
        audience: TEST_AUDIENCE,
        keys: {
          key_1: { secrets: [TEST_SECRET], scopes: ['orders'], owner: 'acme' },
          rotated: { secrets: [NEW_SECRET, TEST_SECRET], scopes: ['*'] },
          limited: { secrets: [TEST_SECRET], scopes: ['orders'], limits: { orders: '1/s' } },
          elsewhere: { secrets: [TEST_SECRET], scopes: ['invoices'] },
          disabled: { secrets: [TEST_SECRET], scopes: ['*'], disabled: true },
        },
        limits: { '*': '1000/m', orders: '500/m' },
        store: { after_restart: false },
      });
      orders = `http://127.0.0.1:${server.port}/v1/orders`;
    });
    afterAll(() => server.close());

    it('admits a POST, and the application reads the body that was verified', async () => {
      const { fetch, sent } = client('key_1');
      const response = await fetch(orders, { method: 'POST', headers: JSON_TYPE, body: BODY });
      expect(response.status).toBe(200);
      expect(response.headers.get('ratelimit')).toMatch(
        /^"orders 500\/60s";r=\d+;t=\d+, "\* 1000\/60s";r=\d+;t=\d+$/,
      );
      expect(response.headers.get('vary')?.toLowerCase()).toBe('authorization');
      expect(response.headers.get('cache-control')).toBe('private');
      const verdict = response.headers.get('countersign-verdict') ?? '';
      const subject = parseAuthorization(sent[0] ?? '');
      expect(openVerdict(importSecret(TEST_SECRET), subject, verdict)?.code).toBe('admitted');
      const { body, ...rest } = (await response.json()) as { body: unknown };
      expect(rest).toEqual({ owner: 'acme', scope: 'orders', path: '/v1/orders', query: '' });
      expect(typeof body === 'string' ? JSON.parse(body) : body).toEqual(JSON.parse(BODY));
    });

    it('admits a GET with a query, and answers HEAD without a body', async () => {
      const { fetch } = client('key_1');
      const response = await fetch(`${orders}?b=2&a=1&a=0&c%5B%5D=x%20y&d=%7e`);
      expect(await response.json()).toMatchObject({ query: 'b=2&a=1&a=0&c%5B%5D=x%20y&d=%7e', body: '' });
      if (application === 'wsgi_app') {
        const refused = await exchange(server.port, ['HEAD /v1/orders HTTP/1.1\r\nHost: x\r\n\r\n']);
        expect(refused.text).toMatch(/^HTTP\/1.[01] 401 [\s\S]*\r\n\r\n$/);
      }
    });

    it('refuses a replay with a verdict that the client believes', async () => {
      const signed = signNow({
        keyId: 'key_1',
        method: 'POST',
        body: BODY,
        headers: [['content-type', 'application/json']],
      });
      expect((await sendSigned(server.port, signed)).status).toBe(200);
      const again = await sendSigned(server.port, signed);
      expect(again.status).toBe(409);
      expect(again.headers).toMatchObject({
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
      });
      expect(JSON.parse(again.body)).toMatchObject({ code: 'replayed-nonce', status: 409 });

      const { fetch, sent } = client('key_1', TEST_SECRET, { lose: 1 });
      await expect(fetch(orders, { method: 'POST', body: BODY, headers: JSON_TYPE })).rejects.toThrow(
        AlreadyAdmittedError,
      );
      expect(sent).toHaveLength(2);
      expect(new Set(sent).size).toBe(1);
    });

    it('refuses what was tampered with, tells nobody why, and spends nothing for it', async () => {
      const signed = signNow({
        keyId: 'key_1',
        method: 'POST',
        body: BODY,
        headers: [['content-type', 'application/json']],
      });
      const codeOf = async (edited: object): Promise<unknown> =>
        JSON.parse((await sendSigned(server.port, { ...signed, ...edited })).body).code;
      expect(await codeOf({ body: BODY.replace('2', '3') })).toBe('digest-mismatch');
      expect(await codeOf({ body: BODY.slice(1) })).toBe('digest-mismatch');
      expect(await codeOf({ target: '/v1/orders?x' })).toBe('invalid-signature');
      expect(await codeOf({ method: 'GET' })).toBe('invalid-signature');
      expect(
        await codeOf({ headers: signed.headers.map(([n, v]) => [n, v.replace('key_1', 'disabled')]) }),
      ).toBe('invalid-signature');
      expect(await codeOf({ headers: [...signed.headers, ['Idempotency-Key', '1']] })).toBe(
        'malformed-request',
      );
      expect(await codeOf({ headers: signed.headers.filter(([name]) => name !== 'authorization') })).toBe(
        'missing-signature',
      );
      expect((await sendSigned(server.port, signed)).status).toBe(200);
    });

    it('lets the client over the limit wait, and admits the same signature later', async () => {
      const { fetch, sent } = client('limited');
      const statuses: number[] = [];
      for (const sku of ['a', 'b']) {
        const response = await fetch(orders, {
          method: 'POST',
          headers: JSON_TYPE,
          body: JSON.stringify({ sku }),
        });
        statuses.push(response.status);
      }
      expect(statuses).toEqual([200, 200]);
      expect(sent.length).toBeGreaterThanOrEqual(3);
      expect(new Set(sent).size).toBe(2);
    });

    it('refuses another scope than that of the view, and one that the key is not granted', async () => {
      const wrong = await client('key_1').fetch(orders, { scope: 'invoices' });
      expect([wrong.status, await wrong.json()]).toEqual([
        403,
        expect.objectContaining({ code: 'scope-mismatch' }),
      ]);
      const below = await client('key_1').fetch(orders, { scope: 'orders:read' });
      expect(await below.json()).toMatchObject({ code: 'scope-mismatch' });
      const ungranted = await client('elsewhere').fetch(orders);
      expect(await ungranted.json()).toMatchObject({ code: 'scope-not-granted' });
    });

    it('heals a slow clock within the call, and a fast one for the next', async () => {
      const slow = client('key_1', TEST_SECRET, { offMs: -600_000 });
      expect((await slow.fetch(orders, { method: 'POST', headers: JSON_TYPE, body: BODY })).status).toBe(200);
      expect((await slow.fetch(orders)).status).toBe(200);
      expect(slow.sent).toHaveLength(3);
      const fast = client('key_1', TEST_SECRET, { offMs: 600_000 });
      await expect(
        fast.fetch(orders, { method: 'POST', headers: JSON_TYPE, body: BODY }),
      ).rejects.toMatchObject({
        code: 'clock-skew',
      });
      expect((await fast.fetch(orders, { method: 'POST', headers: JSON_TYPE, body: BODY })).status).toBe(200);
    });

    it('takes both secrets while a key is rotated', async () => {
      for (const secret of [TEST_SECRET, NEW_SECRET]) {
        expect((await client('rotated', secret).fetch(orders)).status).toBe(200);
      }
      expect((await client('key_1', NEW_SECRET).fetch(orders)).status).toBe(401);
    });
  },
);

describe('examples/python/wsgi_app.py on the wire', () => {
  let server: PythonServer;
  beforeAll(async () => {
    server = await pythonServer('wsgi_app', {
      audience: TEST_AUDIENCE,
      keys: { key_1: { secrets: [TEST_SECRET], scopes: ['*'] } },
      limits: {},
      store: { after_restart: false },
    });
  });
  afterAll(() => server.close());

  it('sees the raw target, as it was sent', async () => {
    const targets = [
      '/v1/orders//a',
      '/v1/orders/%7Eeu;x=1',
      '/v1/orders/caf%c3%a9?%61',
      `http://${TEST_AUDIENCE}/v1/orders?q`,
    ];
    for (const target of targets) {
      expect((await sendSigned(server.port, signNow({ target }))).status, target).toBe(200);
    }
    // What the standard library's server would make one path of.
    const doubled = signNow({ target: '//v1/orders' });
    expect(JSON.parse((await sendSigned(server.port, doubled)).body).code).toBe('scope-mismatch');
  });

  // Harmless, and within what the standard library's server takes.
  const TAKEN = ['fields beyond the size of a head', 'two lengths that agree'];
  const names = hostileRequests('/v1/orders').map(({ name }) => name);

  it.each(names.filter((name) => !TAKEN.includes(name)))('admits nothing and lives: %s', async (name) => {
    const hostile = hostileRequests('/v1/orders').find((request) => request.name === name);
    if (hostile === undefined) throw new Error('unreachable');
    const { answers } = await exchange(server.port, hostile.pieces, {
      answers: 1,
      silenceMs: 300,
      ...hostile.options,
    });
    for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(400);
    expect((await sendSigned(server.port, signNow())).status).toBe(200);
  });

  it('recovers after a restart: what was signed before is refused, and the client signs anew', async () => {
    const restarted = await pythonServer('wsgi_app', {
      audience: TEST_AUDIENCE,
      keys: { key_1: { secrets: [TEST_SECRET], scopes: ['*'] } },
      limits: {},
      store: { future_ms: 500 },
    });
    const captured = signHead({ signedAtMs: Date.now() - 1_000 });
    const refused = await sendSigned(restarted.port, captured);
    expect([refused.status, JSON.parse(refused.body).code]).toEqual([503, 'store-recovering']);
    const { fetch, sent } = client('key_1');
    expect((await fetch(`http://127.0.0.1:${restarted.port}/v1/orders`)).status).toBe(200);
    expect(sent).toHaveLength(2);
    await restarted.close();
  });
});
