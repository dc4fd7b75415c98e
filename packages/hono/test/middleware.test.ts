import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { ANY_HOST } from '@countersign/server';
import { exchange, sendSigned, signNow, watchedVerifier, wireBytes } from '@countersign/testkit/http';
import { getRequestListener, upgradeWebSocket, type WebSocketServerLike } from '@hono/node-server';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { countersign, refuseUpgrade, verifyUpgrade } from '../src/index.js';
import { serve, serveWith } from './support/echo.js';

const init = (head: ReturnType<typeof signNow>): RequestInit => ({
  method: head.method,
  headers: head.headers.map(([name, value]): [string, string] => [name, value]),
  ...(head.body.length === 0 ? {} : { body: head.body as string }),
});

describe('the middleware', () => {
  it('requires a scope, and names every option that is wrong, when the route is made', () => {
    const { verifier } = watchedVerifier();
    const make = (options: object) => () => Reflect.apply(countersign, undefined, [verifier, options]);
    expect(make({})).toThrow(/^scope: required/);
    expect(() => Reflect.apply(countersign, undefined, [verifier])).toThrow(/^scope: required/);
    expect(make({ scope: 'a b' })).toThrow(/^scope: /);
    expect(make({ scope: 'a', cost: 0 })).toThrow(/^cost: /);
    expect(make({ scope: 'a', body: 'both' })).toThrow(/^body: /);
    expect(make({ scope: 'a', proxies: -1 })).toThrow(/^proxies: /);
    expect(make({ scope: 'a', prefix: 'v1' })).toThrow(/^prefix: /);
    expect(make({ scope: 'a', prefix: '/v1/' })).toThrow(/^prefix: /);
  });

  it('gives the handler the signed request, the key, the scope and the budgets', async () => {
    const { verifier } = watchedVerifier({ limits: { orders: '10/m' } });
    const app = new Hono();
    const scope = (signed: { readonly path: string }) => `orders:${signed.path.slice(1)}`;
    app.get('/:tenant', countersign(verifier, { scope, cost: 3 }), (c) => {
      const { request, key, scope: admitted, budgets } = c.get('countersign');
      return c.json({ path: request.path, key: key.id, scope: admitted, left: budgets[0]?.remaining });
    });
    const port = await serve(app);
    const answer = await sendSigned(port, signNow({ target: '/t1' }));
    expect(JSON.parse(answer.body)).toEqual({ path: '/t1', key: 'key_1', scope: 'orders:t1', left: 7 });
  });

  it('works without a server, where the request has no Host field', async () => {
    const { verifier } = watchedVerifier({ audience: ANY_HOST });
    const app = new Hono();
    app.get('/v1/orders', countersign(verifier, { scope: 'orders' }), (c) => c.text('reached'));
    const signed = signNow({ target: '/v1/orders?a=%7e', audience: 'localhost:8080' });
    const headers = signed.headers.slice(1).map(([name, value]): [string, string] => [name, value]);
    const response = await app.request('http://localhost:8080/v1/orders?a=%7e', { headers });
    expect(await response.text()).toBe('reached');
    expect((await app.request('http://localhost:8080/v1/orders?a=%7e#top', { headers })).status).toBe(400);
    expect((await app.request('http://localhost:9090/v1/orders?a=%7e', { headers })).status).toBe(401);
  });

  it('verifies under app.mount with the prefix that Hono takes off', async () => {
    const { verifier } = watchedVerifier();
    const inner = new Hono();
    inner.get('/orders', countersign(verifier, { scope: 'orders', prefix: '/v1' }), (c) =>
      c.text(c.req.path),
    );
    const app = new Hono().mount('/v1', inner.fetch);
    const port = await serve(app);
    expect((await sendSigned(port, signNow({ target: '/v1/orders' }))).body).toBe('/orders');
    expect((await app.request('/v1/orders', init(signNow({ target: '/v1/orders' })))).status).toBe(200);
  });

  it('verifies the method that Hono routes on', async () => {
    const { verifier, admitted } = watchedVerifier();
    const app = new Hono();
    app.use(async (c, next) => {
      const method = c.req.query('method');
      if (method === undefined || c.req.method === method) await next();
      else c.res = await app.fetch(new Request(c.req.raw, { method }), c.env);
    });
    app.on(['GET', 'DELETE'], '/v1/orders', countersign(verifier, { scope: 'orders' }), (c) =>
      c.text(c.req.method),
    );
    const port = await serve(app);
    const target = '/v1/orders?method=DELETE';
    expect((await sendSigned(port, signNow({ target }))).status).toBe(401);
    expect(admitted()).toBe(0);
    const deleting = { ...signNow({ method: 'DELETE', target }), method: 'GET' };
    expect((await sendSigned(port, deleting)).body).toBe('DELETE');
  });

  it('adds its fields to answers that cannot be changed, and to those of errors', async () => {
    const { verifier } = watchedVerifier({ limits: { orders: '10/m' } });
    const app = new Hono();
    app.use(countersign(verifier, { scope: 'orders' }));
    app.get('/redirect', () => Response.redirect('http://127.0.0.1/elsewhere', 303));
    app.get('/error', () => {
      throw new Error('a handler failed');
    });
    app.onError((error, c) => c.text(error.message, 500));
    const port = await serve(app);
    for (const [target, status] of [
      ['/redirect', 303],
      ['/error', 500],
      ['/none', 404],
    ] as const) {
      const answer = await sendSigned(port, signNow({ target }));
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({
        ratelimit: expect.stringContaining('orders'),
        vary: 'authorization',
      });
    }
  });

  it('answers a refused body with the verdict alone, whatever onError had made of it', async () => {
    const { verifier } = watchedVerifier();
    const app = new Hono();
    app.onError((_error, c) =>
      c.text('an error page', 500, { 'cache-control': 'public', 'x-page': 'error' }),
    );
    app.use(async (c, next) => {
      c.res.headers.set('access-control-allow-origin', '*');
      c.res.headers.set('cache-control', 'no-cache');
      c.res.headers.append('set-cookie', 'a=1');
      c.res.headers.append('set-cookie', 'b=2');
      await next();
    });
    app.post('/v1/orders', countersign(verifier, { scope: 'orders', body: 'stream' }), async (c) =>
      c.text(await c.req.text()),
    );
    const port = await serve(app);
    const answer = await sendSigned(port, { ...signNow({ method: 'POST', body: 'signed' }), body: 'forged' });
    expect(answer.status).toBe(400);
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
      'access-control-allow-origin': '*',
      'set-cookie': 'a=1, b=2',
    });
    expect(answer.headers).not.toHaveProperty('x-page');
  });

  it('leaves preflights to cors, whose fields are on refusals too', async () => {
    const { verifier } = watchedVerifier();
    const app = new Hono();
    app.use(
      cors({
        origin: 'https://app.example',
        allowHeaders: ['Authorization'],
        exposeHeaders: ['Countersign-Verdict'],
      }),
    );
    app.get('/v1/orders', countersign(verifier, { scope: 'orders' }), (c) => c.text('reached'));
    const port = await serve(app);
    const { answers } = await exchange(
      port,
      [
        'OPTIONS /v1/orders HTTP/1.1\r\nHost: h\r\nOrigin: https://app.example\r\nAccess-Control-Request-Method: GET\r\n\r\n',
      ],
      { answers: 1 },
    );
    expect(answers[0]?.status).toBe(204);
    const unsigned = await fetch(`http://127.0.0.1:${port}/v1/orders`, {
      headers: { origin: 'https://app.example' },
    });
    expect(unsigned.status).toBe(401);
    expect(unsigned.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  it('keeps the connection of HTTP/2, and refuses the stream alone', async () => {
    const { verifier, admitted } = watchedVerifier({ audience: ['api.example.com'] });
    const app = new Hono();
    app.post('/v1/orders', countersign(verifier, { scope: 'orders' }), async (c) =>
      c.text(await c.req.text()),
    );
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const server = createServer(getRequestListener(app.fetch));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const request = async (body: string) => {
      const signed = signNow({ method: 'POST', headers: [['content-type', 'text/plain']], body: 'signed' });
      const [, ...fields] = signed.headers;
      const length = { 'content-length': String(body.length) };
      const pseudo = { ...length, ':method': 'POST', ':path': '/v1/orders', ':authority': 'api.example.com' };
      const stream = client.request({ ...pseudo, ...Object.fromEntries(fields) });
      let text = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      stream.end(body);
      const [headers] = await once(stream, 'response');
      await once(stream, 'close');
      return { status: headers[':status'], connection: headers.connection, text };
    };
    expect(await request('signed')).toEqual({ status: 200, connection: undefined, text: 'signed' });
    expect(await request('forged')).toMatchObject({ status: 400, connection: undefined });
    expect(await request('signed')).toMatchObject({ status: 200, text: 'signed' });
    expect(admitted()).toBe(2);
    // Node drops a connection field and warns.
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
    process.off('warning', onWarning);
    client.close();
    server.close();
  });
});

describe('a WebSocket upgrade', () => {
  const fields = (target: string) => Object.fromEntries(signNow({ target }).headers);

  it('passes the middleware before upgradeWebSocket, once', async () => {
    const { verifier, events } = watchedVerifier();
    const app = new Hono();
    app.get(
      '/feed',
      countersign(verifier, { scope: 'feed' }),
      upgradeWebSocket((c) => ({ onOpen: (_event, socket) => socket.send(c.get('countersign').key.id) })),
    );
    const sockets = new WebSocketServer({ noServer: true });
    const port = await serveWith({
      fetch: app.fetch,
      websocket: { server: sockets as WebSocketServerLike },
    });
    const headers = fields('/feed');
    const socket = new WebSocket(`ws://127.0.0.1:${port}/feed`, { headers });
    const [message] = await once(socket, 'message');
    expect(String(message)).toBe('key_1');
    socket.close();
    const replay = new WebSocket(`ws://127.0.0.1:${port}/feed`, { headers });
    const [error] = await once(replay, 'error');
    expect(String(error)).toContain('409');
    expect(events.map(({ code }) => code)).toEqual(['admitted', 'replayed-nonce']);
  });

  it('passes verifyUpgrade on the server itself', async () => {
    const { verifier } = watchedVerifier();
    const verify = verifyUpgrade(verifier, { scope: 'feed' });
    const sockets = new WebSocketServer({ noServer: true });
    const port = await serve(new Hono(), (server: Server) => {
      server.on('upgrade', async (request, socket, head) => {
        const verdict = await verify(request);
        if (!verdict.ok) refuseUpgrade(socket, verdict);
        else sockets.handleUpgrade(request, socket, head, (opened) => opened.send(verdict.scope));
      });
    });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/feed`, { headers: fields('/feed') });
    const [message] = await once(socket, 'message');
    expect(String(message)).toBe('feed');
    socket.close();
    const lines = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const forged = { ...signNow({ target: '/feed' }), target: '/other' };
    const { answers, closed } = await exchange(port, [wireBytes(forged, lines)]);
    expect(answers[0]?.status).toBe(401);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ code: 'invalid-signature' });
    expect(closed).toBe(true);
  });
});
