/** `guard` by itself: what it hands to a handler, how it answers, and what a URL that the runtime parsed means. */
import { ANY_HOST, BodyRefusedError, guard, routeScopes } from '@countersign/server';
import { fetchEcho, fetchRequest } from '@countersign/server/adapter';
import { signNow, watchedVerifier } from '@countersign/testkit/http';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { serveFetch } from './support/fetch-server.js';

type SignedHead = ReturnType<typeof signNow>;

const ORIGIN = 'http://api.example.com';
const JSON_BODY = '{"amount":1299}';
const TYPE = ['content-type', 'application/json'] as const;
const post = (body: string = JSON_BODY) => signNow({ method: 'POST', headers: [TYPE], body });

/** As a runtime makes it of what arrives: the target becomes part of a URL, and that is parsed. */
function request(head: SignedHead, init: RequestInit = {}): Request {
  const body = head.body.length > 0 ? { body: head.body as string } : {};
  const headers = head.headers.map(([name, value]): [string, string] => [name, value]);
  return new Request(`${ORIGIN}${head.target}`, { method: head.method, headers, ...body, ...init });
}

describe('what guard is made with', () => {
  it('requires a scope, and names every option that is wrong', () => {
    const { verifier } = watchedVerifier();
    const make = (options?: object) => () => Reflect.apply(guard, undefined, [verifier, options]);
    expect(make()).toThrow(/^scope: required/);
    expect(make({})).toThrow(/^scope: required/);
    expect(make({ scope: 'a b' })).toThrow(/^scope: /);
    expect(make({ scope: 'a', children: 1 })).toThrow(/^children: /);
    expect(make({ scope: 'a', cost: 0 })).toThrow(/^cost: /);
    expect(make({ scope: 'a', body: 'both' })).toThrow(/^body: /);
    expect(make({ scope: 'a', proxies: -1 })).toThrow(/^proxies: /);
    expect(make({ scope: 'a', prefix: 'v1' })).toThrow(/^prefix: /);
  });
});

describe('the verdict of guard', () => {
  it('is the verdict, and holds the request for the handler and what finishes its answer', async () => {
    const { verifier } = watchedVerifier({ limits: { orders: '10/m' }, receipts: true });
    const check = guard(verifier, { scope: 'orders:write', cost: 3 });
    const verdict = await check(request(post()));
    if (!verdict.ok) throw new Error(verdict.code);
    expect(verdict).toMatchObject({
      ok: true,
      scope: 'orders:write',
      key: { id: 'key_1' },
      budgets: [{ remaining: 7 }],
    });
    expect(verdict.request.path).toBe('/v1/orders');
    await verdict.verified;
    expect(await verdict.incoming.json()).toEqual({ amount: 1299 });
    const answer = await verdict.finish(Response.json({}, { headers: { vary: 'accept' } }));
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'cache-control': 'private',
      ratelimit: expect.stringContaining('r=7'),
      vary: 'accept, authorization',
      'countersign-verdict': expect.stringContaining('code="admitted"'),
    });
  });

  it('is the refusal, and holds the answer to it', async () => {
    const { verifier } = watchedVerifier();
    const check = guard(verifier, { scope: 'orders' });
    const head = post();
    expect(await check(request(head))).toMatchObject({ ok: true });
    const verdict = await check(request(head));
    if (verdict.ok) throw new Error('admitted twice');
    expect(verdict).toMatchObject({ code: 'replayed-nonce', status: 409, closeConnection: false });
    const { response } = verdict;
    expect(response.status).toBe(409);
    expect(Object.fromEntries(response.headers)).toMatchObject(verdict.headers);
    expect(response.headers.get('connection')).toBeNull();
    expect(await response.json()).toEqual(verdict.problem);
  });

  it('has a scope by the route, and HEAD has that of GET', async () => {
    const { verifier } = watchedVerifier();
    const check = guard(verifier, { scope: routeScopes({ 'GET /v1/orders': 'orders:read' }) });
    expect(await check(request(signNow({ method: 'HEAD' })))).toMatchObject({ scope: 'orders:read' });
    expect(await check(request(post()))).toMatchObject({ code: 'scope-mismatch' });
  });

  it('counts strangers by the address that it is told, and by what proxies of the operator say', async () => {
    const { verifier, events } = watchedVerifier();
    const address = '192.0.2.1';
    const headers = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };
    const unsigned = () => new Request(`${ORIGIN}/v1/orders`, { headers });
    await guard(verifier, { scope: 'orders' })(unsigned());
    await guard(verifier, { scope: 'orders' })(unsigned(), { address });
    await guard(verifier, { scope: 'orders', proxies: 1 })(unsigned(), { address });
    await guard(verifier, { scope: 'orders', proxies: 2 })(unsigned());
    const told = events.map((event) => event.address);
    expect(told).toEqual([undefined, address, '198.51.100.7', '203.0.113.9']);
  });

  it('is a TypeError where the body was read before, and nothing is admitted', async () => {
    const { verifier, events } = watchedVerifier();
    const check = guard(verifier, { scope: 'orders' });
    const read = request(post());
    await read.text();
    const locked = request(post());
    locked.body?.getReader();
    for (const wrong of [read, locked])
      await expect(check(wrong)).rejects.toThrow(/^countersign: the body was/);
    expect(events).toEqual([]);
  });

  it('refuses a GET that announces a body, which Fetch does not show, and charges nothing', async () => {
    const { verifier, events } = watchedVerifier();
    for (const body of ['buffer', 'stream'] as const) {
      const check = guard(verifier, { scope: 'orders', body });
      for (const line of [['content-length', '15'] as const, ['transfer-encoding', 'chunked'] as const]) {
        const head = signNow();
        const arrived = request({ ...head, headers: [...head.headers, line] });
        expect(await check(arrived)).toMatchObject({ code: 'digest-mismatch' });
      }
    }
    expect(events.map(({ reason }) => reason)).toEqual(
      Array(4).fill(expect.stringContaining('Fetch shows no body with this method')),
    );
  });
});

describe('a streamed body', () => {
  const streaming = () => guard(watchedVerifier().verifier, { scope: 'orders', body: 'stream' });

  it('is read by the handler, and verified at its end', async () => {
    const verdict = await streaming()(request(post()));
    if (!verdict.ok) throw new Error(verdict.code);
    expect(await verdict.incoming.text()).toBe(JSON_BODY);
    await verdict.verified;
  });

  it('that turns out wrong is answered by the verifier, who says that it was charged', async () => {
    const verdict = await streaming()(request({ ...post(), body: '{"amount":9999}' }));
    if (!verdict.ok) throw new Error(verdict.code);
    const handler = async () => Response.json(await verdict.incoming.json());
    const answer = await verdict.finish(handler());
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'digest-mismatch', charged: true });
    await expect(verdict.verified).rejects.toBeInstanceOf(BodyRefusedError);
  });

  it("lets the handler's own errors out", async () => {
    const verdict = await streaming()(request(post()));
    if (!verdict.ok) throw new Error(verdict.code);
    const own = new Error('the handler failed');
    await expect(verdict.finish(Promise.reject(own))).rejects.toBe(own);
  });
});

describe('the answer that is finished', () => {
  const finish = async (response: Response): Promise<Response> => {
    const verdict = await guard(watchedVerifier().verifier, { scope: 'orders' })(request(signNow()));
    if (!verdict.ok) throw new Error(verdict.code);
    return verdict.finish(response);
  };

  it('is a copy where the response cannot be changed', async () => {
    const answer = await finish(Response.redirect(`${ORIGIN}/elsewhere`, 303));
    expect(answer.status).toBe(303);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      location: `${ORIGIN}/elsewhere`,
      vary: 'authorization',
    });
    const port = await serveFetch(() => new Response('fetched', { headers: { vary: '*' } }));
    const fetched = await finish(await fetch(`http://127.0.0.1:${port}/`));
    expect(fetched.headers.get('cache-control')).toBe('private');
    expect(fetched.headers.get('vary')).toBe('*');
    expect(await fetched.text()).toBe('fetched');
  });

  it('stays the object that it was where the runtime switches protocols with it', async () => {
    const headers = Object.freeze({
      get: () => null,
      set: () => {
        throw new TypeError('immutable');
      },
    });
    const upgrade: Response = Object.create(Response.prototype, {
      status: { value: 101 },
      headers: { value: headers },
    });
    expect(await finish(upgrade)).toBe(upgrade);
  });
});

describe('the request for the handler', () => {
  const verified = async (given: Request) => {
    const { verifier } = watchedVerifier();
    const verdict = await guard(verifier, { scope: 'orders' })(given);
    if (!verdict.ok) throw new Error(verdict.code);
    return verdict.incoming;
  };

  it('is made of what was verified, where a subclass holds something else', async () => {
    const given = request(post());
    const { url, method } = given;
    const held = new Request('http://api.example.com/admin', new Request(given, { method: 'PUT' }));
    // As a subclass with getters of its own: what it says is not what the runtime would copy.
    Object.defineProperties(held, { url: { get: () => url }, method: { get: () => method } });
    const incoming = await verified(held);
    expect([incoming.method, incoming.url]).toEqual([method, url]);
    expect(await incoming.text()).toBe(JSON_BODY);
  });

  it('is made where what was given is no Request to the runtime, as one of @hono/node-server is not', async () => {
    const { url, method, headers, signal, body } = request(post());
    const like = { url, method, headers, signal, body, bodyUsed: false };
    const incoming = await verified(like as unknown as Request);
    expect(incoming).toBeInstanceOf(Request);
    expect(await incoming.text()).toBe(JSON_BODY);
  });

  it('holds what Cloudflare tells of the client', async () => {
    const given = Object.assign(request(post()), { cf: { country: 'NZ' } });
    const { Request } = globalThis;
    let init: unknown;
    vi.stubGlobal(
      'Request',
      class extends Request {
        constructor(url: string, options?: RequestInit) {
          super(url, options);
          init = options;
        }
      },
    );
    await verified(given);
    vi.unstubAllGlobals();
    expect(init).toMatchObject({ cf: { country: 'NZ' } });
  });
});

describe('the URL that a runtime has parsed', () => {
  const arrives = async (sent: string, signed: string, withTarget: boolean): Promise<string> => {
    const { verifier } = watchedVerifier();
    const check = guard(verifier, { scope: 'orders' });
    const head = { ...signNow({ target: signed }), target: sent };
    const verdict = await check(request(head), withTarget ? { target: sent } : {});
    return verdict.ok ? new URL(verdict.incoming.url).pathname : verdict.code;
  };

  it.each([
    // What was sent, what was signed, and what comes of it by the URL and by the raw target.
    ['/v1/x/../orders', '/v1/orders', '/v1/orders', 'ambiguous-target'],
    ['/v1/%2e/orders', '/v1/orders', '/v1/orders', 'ambiguous-target'],
    ['/v1\\orders', '/v1/orders', '/v1/orders', 'malformed-target'],
    // A handler that cuts the URL by its text would see what stands behind it.
    ['/v1/orders?a=1#&b=2', '/v1/orders?a=1', 'malformed-target', 'malformed-target'],
    ['/v1/orders?a=é', '/v1/orders?a=%C3%A9', '/v1/orders', 'malformed-target'],
    ["/v1/orders?a='", "/v1/orders?a='", 'invalid-signature', '/v1/orders'],
    ["/v1/orders?a='", '/v1/orders?a=%27', '/v1/orders', 'invalid-signature'],
    ['/v1/orders?a=%27', '/v1/orders?a=%27', '/v1/orders', '/v1/orders'],
    ['/v1/orders?a="<>`{|}^', '/v1/orders?a=%22%3C%3E%60%7B%7C%7D%5E', '/v1/orders', '/v1/orders'],
    ['/v1/%7eorders/%2F', '/v1/~orders/%2f', '/v1/%7eorders/%2F', '/v1/%7eorders/%2F'],
    ['//v1//orders', '//v1//orders', '//v1//orders', '//v1//orders'],
  ])('%j, signed as %j, is %j by the URL and %j by the raw target', async (sent, signed, url, target) => {
    expect(await arrives(sent, signed, false)).toBe(url);
    expect(await arrives(sent, signed, true)).toBe(target);
  });

  it('of another path than the raw target, as a crafted Host makes it, is what counts', async () => {
    const { verifier, admitted } = watchedVerifier();
    const check = guard(verifier, { scope: 'orders' });
    const head = signNow({ target: '/v1/orders' });
    const led = request({ ...head, target: '/admin/v1/orders' });
    expect(await check(led, { target: '/v1/orders' })).toMatchObject({ code: 'invalid-signature' });
    expect(admitted()).toBe(0);
  });

  // As Bun, Deno and workerd put them together of Host and target, without parsing.
  it.each([
    ['/v1/orders', 'u@x'],
    ['/x//y/v1/orders', 'u@x'],
    ['http://x?admin=1&z=/v1/orders', 'x?admin=1&z='],
    ['http://a#b/v1/orders', 'a#b'],
    ['http://a\\b/v1/orders', 'a\\b'],
    ['http://u@x/v1/orders', 'u@x'],
    // An authority by the grammar, and no URL: a handler that parses it would throw.
    ['http://xn--a/v1/orders', 'xn--a'],
    ['http://x, y/v1/orders', 'x, y'],
    ['http://x:99999/v1/orders', 'x:99999'],
    ['http://', ''],
    ['http://x', 'x'],
    ['ftp://x/v1/orders', 'x'],
  ])('that is %j has no target that could be verified', (url, host) => {
    const head = fetchRequest({ method: 'GET', url, headers: new Headers({ host }) }, {}, {});
    expect(head.target).toBe('');
    const raw = { target: '/v1/orders' };
    expect(fetchRequest({ method: 'GET', url, headers: new Headers({ host }) }, raw, {}).target).toBe('');
  });

  it('whose path a crafted Host begins is verified with that path', () => {
    const headers = new Headers({ host: '1/admin' });
    const head = fetchRequest({ method: 'GET', url: 'http://1/admin/v1/orders', headers }, {}, {});
    expect(head.target).toBe('/admin/v1/orders');
  });

  it('of another host than the Host field is refused where Host is looked at', async () => {
    const { verifier } = watchedVerifier({ audience: ['api.example.com', 'other.example'] });
    const check = guard(verifier, { scope: 'orders' });
    const ask = (host: string, url: string) => {
      const [, ...signature] = signNow().headers;
      const headers = [['host', host], ...signature].map(([name = '', value = '']): [string, string] => [
        name,
        value,
      ]);
      return check(new Request(url, { headers }));
    };
    expect(await ask('api.example.com', 'http://other.example/v1/orders')).toMatchObject({
      code: 'malformed-request',
    });
    expect(await ask('API.example.com:443', `${ORIGIN}/v1/orders`)).toMatchObject({ ok: true });
  });

  it('gives the addressed authority where there is no Host field', async () => {
    const { verifier } = watchedVerifier({ audience: ANY_HOST });
    const { headers, ...head } = signNow({ audience: 'api.example.com' });
    const check = guard(verifier, { scope: 'orders' });
    expect(await check(request({ ...head, headers: headers.slice(1) }))).toMatchObject({ ok: true });
  });
});

it('whatever a request holds, the check gives a verdict', async () => {
  const { verifier } = watchedVerifier({ bodyTimeoutMs: 50 });
  const checks = (['buffer', 'stream'] as const).map((body) => guard(verifier, { scope: 'orders', body }));
  const fieldName = fc.constantFrom('authorization', 'host', 'content-length', 'x-forwarded-for', 'range');
  const fieldValue = fc.string({
    unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
  });
  const failing = () =>
    new ReadableStream<Uint8Array>({
      pull: () => {
        throw new Error('the client went away');
      },
    });
  const body = fc.oneof(fc.constant(null), fc.string(), fc.constant(failing));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'patch', 'M-SEARCH', "we!rd'"),
      fc.webPath(),
      fc.array(fc.tuple(fieldName, fieldValue)),
      body,
      fc.option(fc.string(), { nil: undefined }),
      fc.boolean(),
      async (method, path, fields, given, text, signs) => {
        const headers = new Headers(signs ? [[...TYPE], ['authorization', signOf(post())]] : []);
        for (const [name, value] of fields)
          if (!signs || name !== 'authorization') headers.append(name, value);
        const content = method === 'GET' ? null : typeof given === 'function' ? given() : given;
        for (const check of checks) {
          const arrived = new Request(`${ORIGIN}${path}`, { method, headers, body: content, duplex: 'half' });
          const verdict = await check(arrived, { address: text, target: text });
          expect(verdict.ok || verdict.response.status >= 400).toBe(true);
          if (content instanceof ReadableStream) break;
        }
      },
    ),
    { numRuns: 1000 },
  );
});

function signOf({ headers }: SignedHead): string {
  return headers.at(-1)?.[1] ?? '';
}

it('fetchEcho tells what arrived, and that a body was read before', async () => {
  const arrived = () => request(post());
  const told = await fetchEcho(arrived());
  expect(told.headers.get('content-type')).toBe('application/json');
  expect(await told.json()).toMatchObject({ method: 'POST', target: '/v1/orders', body: { bytes: 15 } });
  const read = arrived();
  await read.text();
  expect(await (await fetchEcho(read)).json()).toMatchObject({ body: null });
  const none = await fetchEcho(request(signNow()), { target: '/v1/orders?raw' });
  expect(await none.json()).toMatchObject({ target: '/v1/orders', body: { bytes: 0 } });
  const large = new Request(`${ORIGIN}/`, { method: 'POST', body: 'x'.repeat(2 ** 20 + 1) });
  expect((await fetchEcho(large)).status).toBe(413);
});
