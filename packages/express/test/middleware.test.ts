import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import {
  chunked,
  exchange,
  sendSigned,
  signNow,
  watchedVerifier,
  wireBytes,
  wireHead,
} from '@countersign/testkit/http';
import busboy from 'busboy';
import cors from 'cors';
import type { ErrorRequestHandler, Request } from 'express';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  answerRefusedBody,
  BodyRefusedError,
  countersign,
  refuseUpgrade,
  verifyUpgrade,
} from '../src/index.js';
import { EXPRESS, serve } from './support/serve.js';

describe.each(EXPRESS)('%s, the middleware', (_, express) => {
  it('requires a scope, and names every option that is wrong, when the route is made', () => {
    const { verifier } = watchedVerifier();
    const make = (options: object) => () => Reflect.apply(countersign, undefined, [verifier, options]);
    expect(make({})).toThrow(/^scope: required/);
    expect(() => Reflect.apply(countersign, undefined, [verifier])).toThrow(/^scope: required/);
    expect(make({ scope: 'a b' })).toThrow(/^scope: /);
    expect(make({ scope: 'a', cost: 0 })).toThrow(/^cost: /);
    expect(make({ scope: 'a', body: 'both' })).toThrow(/^body: /);
    expect(make({ scope: 'a', proxies: 0.5 })).toThrow(/^proxies: /);
    expect(make({ scope: 'a', prefix: '/v1?' })).toThrow(/^prefix: /);
  });

  it('gives the handler the signed request, the key, the scope and the budgets', async () => {
    const { verifier } = watchedVerifier({ limits: { orders: '10/m' } });
    const app = express();
    const scope = (signed: { readonly path: string }) => `orders:${signed.path.slice(1)}`;
    app.get('/:tenant', countersign(verifier, { scope, cost: 3 }), (request, response) => {
      const { request: signed, key, scope: admitted, budgets } = request.countersign;
      response.json({ path: signed.path, key: key.id, scope: admitted, left: budgets[0]?.remaining });
    });
    const answer = await sendSigned(await serve(app), signNow({ target: '/t1' }));
    expect(JSON.parse(answer.body)).toEqual({ path: '/t1', key: 'key_1', scope: 'orders:t1', left: 7 });
  });

  it('adds its fields to whatever answers: a written head, a stream, an error', async () => {
    const { verifier } = watchedVerifier({ limits: { orders: '10/m' } });
    const app = express();
    app.use(countersign(verifier, { scope: 'orders' }));
    app.get('/head', (_request, response) => {
      response.writeHead(202, { Vary: 'Accept', 'Cache-Control': 'no-cache' });
      response.end();
    });
    app.get('/stream', (_request, response) => {
      response.write('piece');
      response.end();
    });
    app.get('/error', () => {
      throw new Error('a handler failed');
    });
    app.use(((_error, _request, response, _next) => {
      response.status(500).end();
    }) as ErrorRequestHandler);
    const port = await serve(app);
    for (const [target, status] of [
      ['/head', 202],
      ['/stream', 200],
      ['/error', 500],
      ['/none', 404],
    ] as const) {
      const answer = await sendSigned(port, signNow({ target }));
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({
        ratelimit: expect.stringContaining('orders'),
        vary: target === '/head' ? 'Accept, authorization' : 'authorization',
        'cache-control': target === '/head' ? 'no-cache' : 'private',
      });
    }
  });

  it('leaves preflights to cors, whose fields are on refusals too', async () => {
    const { verifier } = watchedVerifier();
    const app = express();
    app.use(cors({ origin: 'https://app.example', exposedHeaders: ['Countersign-Verdict'] }));
    app.get('/v1/orders', countersign(verifier, { scope: 'orders' }), (_request, response) => response.end());
    const port = await serve(app);
    const preflight = 'OPTIONS /v1/orders HTTP/1.1\r\nHost: h\r\nOrigin: https://app.example\r\n\r\n';
    expect((await exchange(port, [preflight], { answers: 1 })).answers[0]?.status).toBe(204);
    const unsigned = await fetch(`http://127.0.0.1:${port}/v1/orders`);
    expect(unsigned.status).toBe(401);
    expect(unsigned.headers.get('access-control-expose-headers')).toBe('Countersign-Verdict');
  });

  it('answers once, when the application has answered before the body came', async () => {
    const { verifier, admitted } = watchedVerifier({ bodyTimeoutMs: 100 });
    const app = express();
    app.use((_request, response, next) => {
      setTimeout(() => response.status(504).end('too slow for us'), 40);
      next();
    });
    app.post('/v1/orders', countersign(verifier, { scope: 'orders' }), (_request, response) =>
      response.end(),
    );
    const port = await serve(app);
    const head = wireHead(signNow({ method: 'POST', body: '{}' }), ['Content-Length: 2']);
    const { answers, text } = await exchange(port, [head], { silenceMs: 400 });
    expect(answers.map(({ status }) => status)).toEqual([504]);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(admitted()).toBe(0);
  });
});

describe.each(EXPRESS)('%s, a streamed body', (_, express) => {
  const type = 'multipart/form-data; boundary=b';
  const form = '--b\r\nContent-Disposition: form-data; name="note"\r\n\r\ntwo words\r\n--b--\r\n';

  async function start() {
    const watched = watchedVerifier({ receipts: true });
    const app = express();
    const heard: unknown[] = [];
    const read = async (request: Request): Promise<Record<string, string>> => {
      const fields: Record<string, string> = {};
      const parser = busboy({ headers: request.headers });
      parser.on('field', (name, value) => {
        fields[name] = value;
      });
      await pipeline(request.countersign.body, parser);
      await request.countersign.verified;
      return fields;
    };
    app.post(
      '/v1/orders',
      countersign(watched.verifier, { scope: 'orders', body: 'stream' }),
      (request, response, next) => {
        read(request).then((fields) => response.json(fields), next);
      },
    );
    app.get('/broken', countersign(watched.verifier, { scope: 'orders', body: 'stream' }), () => {
      throw new Error('a handler failed');
    });
    app.post(
      '/careless',
      countersign(watched.verifier, { scope: 'orders', body: 'stream' }),
      (request, response) => {
        request.countersign.body.on('data', () => {}).on('close', () => response.end('closed'));
      },
    );
    app.use(answerRefusedBody);
    app.use(((error, _request, response, _next) => {
      heard.push(error);
      response.status(500).end();
    }) as ErrorRequestHandler);
    return { ...watched, heard, port: await serve(app) };
  }

  it('goes through a parser that reads streams', async () => {
    const { port } = await start();
    const head = signNow({ method: 'POST', headers: [['content-type', type]], body: form });
    expect(JSON.parse((await sendSigned(port, head)).body)).toEqual({ note: 'two words' });
    const { answers } = await exchange(
      port,
      [
        wireHead(signNow({ method: 'POST', headers: [['content-type', type]], body: form }), [
          'Transfer-Encoding: chunked',
        ]),
        chunked(form.slice(0, 30), form.slice(30)),
      ],
      { answers: 1 },
    );
    expect(JSON.parse(answers[0]?.body ?? '')).toEqual({ note: 'two words' });
  });

  it('is answered by answerRefusedBody when it was wrong, and by it alone', async () => {
    const { port, heard } = await start();
    const head = signNow({ method: 'POST', headers: [['content-type', type]], body: form });
    const answer = await sendSigned(port, { ...head, body: form.replace('two', 'ten') });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'digest-mismatch', charged: true });
    // Not the receipt of the admission, which came before.
    expect(answer.headers['countersign-verdict']).toContain('code="digest-mismatch"');
    expect((await sendSigned(port, signNow({ target: '/broken' }))).status).toBe(500);
    expect(heard.map(String)).toEqual(['Error: a handler failed']);
    expect(heard[0]).not.toBeInstanceOf(BodyRefusedError);
  });

  it('does not end the process when it was wrong and nobody listens', async () => {
    const { port } = await start();
    const head = signNow({ method: 'POST', target: '/careless', body: 'signed' });
    expect((await sendSigned(port, { ...head, body: 'forged' })).body).toBe('closed');
    expect(
      (await sendSigned(port, signNow({ method: 'POST', target: '/careless', body: 'signed' }))).body,
    ).toBe('closed');
  });
});

describe('a WebSocket upgrade', () => {
  async function start() {
    const watched = watchedVerifier();
    const verify = verifyUpgrade(watched.verifier, { scope: 'feed' });
    const sockets = new WebSocketServer({ noServer: true });
    const [[, express] = []] = EXPRESS.slice(-1);
    if (express === undefined) throw new Error('unreachable');
    const port = await serve(express(), (server) => {
      server.on('upgrade', async (request, socket, head) => {
        const verdict = await verify(request);
        if (!verdict.ok) refuseUpgrade(socket, verdict);
        else sockets.handleUpgrade(request, socket, head, (opened) => opened.send(verdict.scope));
      });
    });
    return { ...watched, port };
  }
  const lines = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];

  it('is admitted once, and goes on as a WebSocket', async () => {
    const { port, events } = await start();
    const headers = Object.fromEntries(signNow({ target: '/feed?since=1' }).headers);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/feed?since=1`, { headers });
    const [message] = await once(socket, 'message');
    expect(String(message)).toBe('feed');
    socket.close();
    const [error] = await once(new WebSocket(`ws://127.0.0.1:${port}/feed?since=1`, { headers }), 'error');
    expect(String(error)).toContain('409');
    expect(events.map(({ code }) => code)).toEqual(['admitted', 'replayed-nonce']);
  });

  it('is refused on the bare socket, which closes', async () => {
    const { port, admitted } = await start();
    const signed = signNow({ target: '/feed' });
    const { answers, closed } = await exchange(port, [wireBytes({ ...signed, target: '/other' }, lines)]);
    expect(closed).toBe(true);
    expect(answers[0]?.status).toBe(401);
    expect(answers[0]?.headers).toMatchObject({
      connection: 'close',
      'content-type': 'application/problem+json',
    });
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ code: 'invalid-signature' });
    const withBody = signNow({ target: '/feed', body: 'x' });
    const mismatch = await exchange(port, [wireHead(withBody, lines)]);
    expect(JSON.parse(mismatch.answers[0]?.body ?? '')).toMatchObject({ code: 'digest-mismatch' });
    expect(admitted()).toBe(0);
  });

  it('that is reset at once does not end the process', async () => {
    const { port } = await start();
    for (let i = 0; i < 20; i++) {
      await exchange(port, [wireBytes({ ...signNow({ target: '/feed' }), target: '/x' }, lines)], {
        thenDestroy: true,
      });
      await exchange(port, [wireBytes(signNow({ target: '/feed' }), lines)], { thenDestroy: true });
    }
    const { answers } = await exchange(port, [wireBytes(signNow({ target: '/feed' }), lines)], {
      answers: 1,
    });
    expect(answers[0]?.status).toBe(101);
  });

  it('requires a scope when it is made', () => {
    const { verifier } = watchedVerifier();
    expect(() => Reflect.apply(verifyUpgrade, undefined, [verifier, {}])).toThrow(/^scope: required/);
  });
});
