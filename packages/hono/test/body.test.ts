import { chunked, exchange, sendSigned, signNow, watchedVerifier, wireHead } from '@countersign/testkit/http';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { describe, expect, it } from 'vitest';
import { countersign } from '../src/index.js';
import { serve } from './support/echo.js';

const JSON_BODY = '{"amount":1299}';
const BOUNDARY = 'x-boundary';
const MULTIPART = [
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="note"',
  '',
  'two words',
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="file"; filename="a.txt"',
  'Content-Type: text/plain',
  '',
  'contents',
  `--${BOUNDARY}--`,
  '',
].join('\r\n');
const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

async function formEntries(form: FormData): Promise<Record<string, string>> {
  const entries: Record<string, string> = {};
  for (const [name, value] of form) entries[name] = typeof value === 'string' ? value : await value.text();
  return entries;
}

async function parsed(c: Context): Promise<Record<string, string>> {
  const entries: Record<string, string> = {};
  for (const [name, value] of Object.entries(await c.req.parseBody())) {
    entries[name] = value instanceof File ? await value.text() : String(value);
  }
  return entries;
}

async function streamText(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  return new Response(stream).text();
}

const FORM = { note: 'two words', file: 'contents' };
const byteLength = (bytes: ArrayBuffer): number => bytes.byteLength;

/** Each way to the body: its content type, the body, and what it gives. */
const READERS: Record<string, readonly [type: string, body: string, (c: Context) => unknown, seen: unknown]> =
  {
    'c.req.json()': ['application/json', JSON_BODY, (c) => c.req.json(), { amount: 1299 }],
    'c.req.text()': ['text/plain', 'grüße', (c) => c.req.text(), 'grüße'],
    'c.req.arrayBuffer()': ['text/plain', 'grüße', async (c) => byteLength(await c.req.arrayBuffer()), 7],
    'c.req.blob()': ['text/plain', 'grüße', async (c) => (await c.req.blob()).text(), 'grüße'],
    'c.req.parseBody()': [FORM_TYPE, MULTIPART, parsed, FORM],
    'c.req.formData()': [FORM_TYPE, MULTIPART, async (c) => formEntries(await c.req.formData()), FORM],
    'c.req.json() after c.req.text()': [
      'application/json',
      JSON_BODY,
      async (c) => [await c.req.text(), await c.req.json()],
      [JSON_BODY, { amount: 1299 }],
    ],
    'c.req.raw.json()': ['application/json', JSON_BODY, (c) => c.req.raw.json(), { amount: 1299 }],
    'c.req.raw.text()': ['text/plain', 'grüße', (c) => c.req.raw.text(), 'grüße'],
    'c.req.raw.arrayBuffer()': [
      'text/plain',
      'grüße',
      async (c) => byteLength(await c.req.raw.arrayBuffer()),
      7,
    ],
    'c.req.raw.formData()': [
      FORM_TYPE,
      MULTIPART,
      async (c) => formEntries(await c.req.raw.formData()),
      FORM,
    ],
    'c.req.raw.body': ['text/plain', 'grüße', (c) => streamText(c.req.raw.body), 'grüße'],
    'c.req.raw.clone()': [
      'text/plain',
      'grüße',
      async (c) => [await c.req.raw.clone().text(), await c.req.raw.text()],
      ['grüße', 'grüße'],
    ],
    'a Request made of c.req.raw': ['text/plain', 'grüße', (c) => new Request(c.req.raw).text(), 'grüße'],
    'c.req.raw.body of a large body': [
      'text/plain',
      'x'.repeat(900_000),
      async (c) => (await streamText(c.req.raw.body)).length,
      900_000,
    ],
  };

describe.each(['buffer', 'stream'] as const)('with body: %s', (mode) => {
  for (const [name, [type, body, read, seen]] of Object.entries(READERS)) {
    const start = () => {
      const { verifier } = watchedVerifier();
      const app = new Hono();
      app.post('/v1/orders', countersign(verifier, { scope: 'orders', body: mode }), async (c) => {
        const found = await read(c);
        await c.get('countersign').verified;
        return c.json({ seen: found });
      });
      return app;
    };
    const head = () => signNow({ method: 'POST', headers: [['content-type', type]], body });

    it(`${name} gives the body that was signed, on @hono/node-server`, async () => {
      const port = await serve(start());
      const whole = await sendSigned(port, head());
      expect(JSON.parse(whole.body)).toEqual({ seen });
      const bytes = Buffer.from(body).toString('latin1');
      const pieces = [bytes.slice(0, 4), bytes.slice(4)].map(
        (piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`,
      );
      const { answers } = await exchange(
        port,
        [
          wireHead(head(), ['Transfer-Encoding: chunked']),
          5,
          ...pieces.flatMap((piece) => [piece, 5]),
          chunked(),
        ],
        { answers: 1 },
      );
      expect(JSON.parse(answers[0]?.body ?? '')).toEqual({ seen });
    });

    it(`${name} gives it in app.request()`, async () => {
      const { headers } = head();
      const init = {
        method: 'POST',
        headers: headers.map(([field, value]): [string, string] => [field, value]),
        body,
      };
      const response = await start().request('/v1/orders', init);
      expect(await response.json()).toEqual({ seen });
    });
  }
});

describe('a body that was read before the verifier', () => {
  const head = () =>
    signNow({ method: 'POST', headers: [['content-type', 'application/json']], body: JSON_BODY });

  it.each([
    ['by c.req.json()', (c: Context) => c.req.json()],
    ['by c.req.raw.text()', (c: Context) => c.req.raw.text()],
    ['from c.req.raw.body', (c: Context) => streamText(c.req.raw.body)],
    ['by a reader that holds it', async (c: Context) => c.req.raw.body?.getReader()],
  ])('%s is a configuration error and not a mismatch', async (_, read) => {
    const { verifier, events } = watchedVerifier();
    const app = new Hono();
    let heard: unknown;
    app.onError((error, c) => {
      heard = error;
      return c.text('', 500);
    });
    app.use(async (c, next) => {
      await read(c);
      await next();
    });
    app.post('/v1/orders', countersign(verifier, { scope: 'orders' }), (c) => c.text('reached'));
    const port = await serve(app);
    expect((await sendSigned(port, head())).status).toBe(500);
    expect(heard).toBeInstanceOf(TypeError);
    expect(String(heard)).toMatch(/countersign: .* after the verifier/);
    const { headers } = head();
    const init = { method: 'POST', headers: headers.map(([name, value]): [string, string] => [name, value]) };
    expect((await app.request('/v1/orders', { ...init, body: JSON_BODY })).status).toBe(500);
    expect(events).toEqual([]);
  });

  it('is no error where it was put back, as body-limit does', async () => {
    const { verifier, admitted } = watchedVerifier();
    const app = new Hono();
    app.use(bodyLimit({ maxSize: 100 }));
    app.post('/v1/orders', countersign(verifier, { scope: 'orders' }), async (c) =>
      c.json(await c.req.json()),
    );
    const port = await serve(app);
    expect((await sendSigned(port, head())).body).toBe(JSON_BODY);
    const { answers } = await exchange(
      port,
      [wireHead(head(), ['Transfer-Encoding: chunked']), chunked(JSON_BODY)],
      { answers: 1 },
    );
    expect(answers[0]?.body).toBe(JSON_BODY);
    expect(admitted()).toBe(2);
  });

  it('is no error where the request was only cloned or replaced', async () => {
    const { verifier, admitted } = watchedVerifier();
    const app = new Hono();
    app.use('/cloned', (c, next) => {
      c.req.raw.clone();
      return next();
    });
    app.use('/replaced', (c, next) => {
      c.req.raw = new Request(c.req.raw, { headers: c.req.raw.headers });
      return next();
    });
    app.post('*', countersign(verifier, { scope: 'orders' }), async (c) => c.text(await c.req.raw.text()));
    const port = await serve(app);
    for (const target of ['/cloned', '/replaced']) {
      const signed = signNow({
        method: 'POST',
        target,
        headers: [['content-type', 'text/plain']],
        body: 'x'.repeat(70_000),
      });
      expect((await sendSigned(port, signed)).body.length, target).toBe(70_000);
    }
    expect(admitted()).toBe(2);
  });

  it('and replaced by another is refused: what the handler would see is not what was signed', async () => {
    const { verifier, events } = watchedVerifier();
    const app = new Hono();
    app.use((c, next) => {
      const { method, headers } = c.req.raw;
      c.req.raw = new Request(c.req.url, { method, headers, body: '{"amount":9999}' });
      return next();
    });
    app.post('/v1/orders', countersign(verifier, { scope: 'orders' }), async (c) =>
      c.text(await c.req.text()),
    );
    expect((await sendSigned(await serve(app), head())).status).toBe(400);
    expect(events.map(({ code }) => code)).toEqual(['digest-mismatch']);
  });

  it('is no error after another verifier that reads a signature field of its own', async () => {
    const edge = watchedVerifier({ header: 'x-edge-signature' });
    const own = watchedVerifier();
    const app = new Hono();
    app.use(countersign(edge.verifier, { scope: 'edge' }));
    app.post('/v1/orders', countersign(own.verifier, { scope: 'orders' }), async (c) =>
      c.json(await c.req.json()),
    );
    const port = await serve(app);
    const type = ['content-type', 'application/json'] as const;
    const [inner] = head().headers.slice(-1);
    if (inner === undefined) throw new Error('unsigned');
    const both = signNow({
      method: 'POST',
      headers: [inner, type],
      body: JSON_BODY,
      field: 'x-edge-signature',
    });
    expect((await sendSigned(port, both)).body).toBe(JSON_BODY);
    expect([edge.admitted(), own.admitted()]).toEqual([1, 1]);
  });
});
