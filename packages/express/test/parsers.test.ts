import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import {
  chunked,
  exchange,
  sendSigned,
  signNow,
  watchedVerifier,
  wireBytes,
  wireHead,
} from '@countersign/testkit/http';
import bodyParser from 'body-parser';
import busboy from 'busboy';
import type { Request, RequestHandler } from 'express';
import multer from 'multer';
import { describe, expect, it } from 'vitest';
import { countersign } from '../src/index.js';
import { EXPRESS, serve } from './support/serve.js';

const OCTETS = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
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

/** A parser, a body for it, and what the handler then has. */
interface ParserCase {
  readonly parser: RequestHandler[];
  readonly type: string;
  readonly coding?: string;
  readonly body: string | Uint8Array;
  readonly seen: unknown;
  readonly read?: (request: Request) => unknown;
}

async function readStream(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

function viaData(request: Request): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    request.on('end', () => resolve(text));
  });
}

function viaBusboy(request: Request): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const found: Record<string, string> = {};
    const files: Promise<void>[] = [];
    const parser = busboy({ headers: request.headers });
    parser.on('field', (name, value) => {
      found[name] = value;
    });
    parser.on('file', (name, stream) => {
      files.push(
        readStream(stream).then((text) => {
          found[name] = text;
        }),
      );
    });
    parser.on('close', () => Promise.all(files).then(() => resolve(found), reject));
    parser.on('error', reject);
    request.pipe(parser);
  });
}

const upload = multer({ storage: multer.memoryStorage() });

function cases(express: (typeof EXPRESS)[number][1]): Record<string, ParserCase> {
  return {
    'express.json': {
      parser: [express.json()],
      type: 'application/json',
      body: '{"amount":1299}',
      seen: { amount: 1299 },
    },
    'express.json of a gzip body': {
      parser: [express.json()],
      type: 'application/json',
      coding: 'gzip',
      body: gzipSync('{"amount":1299}'),
      seen: { amount: 1299 },
    },
    'express.urlencoded': {
      parser: [express.urlencoded({ extended: true })],
      type: 'application/x-www-form-urlencoded',
      body: 'a[b]=1&c=x+y',
      seen: { a: { b: '1' }, c: 'x y' },
    },
    'express.text': {
      parser: [express.text()],
      type: 'text/plain',
      body: 'grüße',
      seen: 'grüße',
    },
    'express.raw': {
      parser: [express.raw()],
      type: 'application/octet-stream',
      body: OCTETS,
      seen: OCTETS.toString('latin1'),
      read: (request) => (request.body as Buffer).toString('latin1'),
    },
    'body-parser on its own': {
      parser: [bodyParser.json()],
      type: 'application/json',
      body: '[1]',
      seen: [1],
    },
    multer: {
      parser: [upload.single('file')],
      type: `multipart/form-data; boundary=${BOUNDARY}`,
      body: MULTIPART,
      seen: { note: 'two words', file: 'contents' },
      read: (request) => ({ ...request.body, file: request.file?.buffer.toString() }),
    },
    busboy: {
      parser: [],
      type: `multipart/form-data; boundary=${BOUNDARY}`,
      body: MULTIPART,
      seen: { note: 'two words', file: 'contents' },
      read: viaBusboy,
    },
    'data events': {
      parser: [],
      type: 'application/octet-stream',
      body: OCTETS,
      seen: OCTETS.toString('latin1'),
      read: viaData,
    },
    'an async iterator': {
      parser: [],
      type: 'application/octet-stream',
      body: OCTETS,
      seen: OCTETS.toString('latin1'),
      read: readStream,
    },
    'a body of many reads': {
      parser: [express.text({ limit: '1mb' })],
      type: 'text/plain',
      body: 'x'.repeat(1_000_000),
      seen: 1_000_000,
      read: (request) => (request.body as string).length,
    },
    'several parsers in a row': {
      parser: [express.urlencoded({ extended: false }), express.json(), express.text()],
      type: 'application/json',
      body: '{"a":1}',
      seen: { a: 1 },
    },
  };
}

describe.each(EXPRESS)('%s, a parser after the verifier', (_, express) => {
  async function start({ parser, read }: Pick<ParserCase, 'parser' | 'read'>) {
    const watched = watchedVerifier();
    const app = express();
    app.post(
      '/v1/orders',
      countersign(watched.verifier, { scope: 'orders' }),
      ...parser,
      async (request, response) => {
        response.json({ seen: await (read ?? ((seen) => seen.body))(request) });
      },
    );
    return { ...watched, port: await serve(app) };
  }

  for (const [name, { parser, type, coding, body, seen, read }] of Object.entries(cases(express))) {
    const fields: [string, string][] = [['content-type', type]];
    if (coding !== undefined) fields.unshift(['content-encoding', coding]);
    const head = () => signNow({ method: 'POST', headers: fields, body });

    it(`${name} sees the body that was signed`, async () => {
      const { port } = await start({ parser, ...(read === undefined ? {} : { read }) });
      const answer = await sendSigned(port, head());
      expect(answer.status, answer.body).toBe(200);
      expect(JSON.parse(answer.body)).toEqual({ seen });
    });

    it(`${name} sees it when it comes in chunks and pieces`, async () => {
      const { port } = await start({ parser, ...(read === undefined ? {} : { read }) });
      const text = Buffer.from(body).toString('latin1');
      const coded = [text.slice(0, 3), text.slice(3, 11), text.slice(11)]
        .filter((piece) => piece !== '')
        .map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`);
      const { answers } = await exchange(
        port,
        [
          wireHead(head(), ['Transfer-Encoding: chunked']),
          5,
          ...coded.flatMap((chunk) => [chunk, 5]),
          '0\r\n\r\n',
        ],
        { answers: 1 },
      );
      expect(answers[0]?.status, answers[0]?.body).toBe(200);
      expect(JSON.parse(answers[0]?.body ?? '')).toEqual({ seen });
    });
  }

  it.each([
    ['no body', [] as string[], ''],
    ['a body of no bytes', ['Content-Length: 0'], ''],
    ['no chunks', ['Transfer-Encoding: chunked'], chunked()],
  ])('reads %s as one of no bytes, with every kind of reader', async (__, lines, body) => {
    const readers: [RequestHandler[], (request: Request) => unknown, unknown][] = [
      [
        [express.raw({ type: () => true })],
        (request) => (Buffer.isBuffer(request.body) ? request.body.length : 0),
        0,
      ],
      [[], viaData, ''],
      [[], readStream, ''],
    ];
    for (const [parser, read, seen] of readers) {
      const { port } = await start({ parser, read });
      const head = wireHead(signNow({ method: 'POST' }), lines);
      const inOnePiece = await exchange(port, [Buffer.concat([head, Buffer.from(body)])], { answers: 1 });
      expect(JSON.parse(inOnePiece.answers[0]?.body ?? '')).toEqual({ seen });
      const later = wireHead(signNow({ method: 'POST' }), lines);
      const inPieces = await exchange(port, [later, 20, body], { answers: 1 });
      expect(JSON.parse(inPieces.answers[0]?.body ?? '')).toEqual({ seen });
    }
  });

  it('is given the body of a client that waits for 100 Continue', async () => {
    const { port } = await start({ parser: [express.json()] });
    const head = signNow({
      method: 'POST',
      headers: [['content-type', 'application/json']],
      body: '{"a":1}',
    });
    const { answers, text } = await exchange(
      port,
      [wireHead(head, ['Content-Length: 7', 'Expect: 100-continue']), 30, '{"a":1}'],
      { answers: 1 },
    );
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
    expect(JSON.parse(answers[0]?.body ?? '')).toEqual({ seen: { a: 1 } });
  });

  it('before the verifier is a configuration error and not a mismatch', async () => {
    const { verifier, events } = watchedVerifier();
    const app = express();
    app.use(express.json());
    app.post('/v1/orders', countersign(verifier, { scope: 'orders' }), (_request, response) =>
      response.json({}),
    );
    let heard: unknown;
    app.use(((error, _request, response, _next) => {
      heard = error;
      response.status(500).end();
    }) as import('express').ErrorRequestHandler);
    const port = await serve(app);
    const headers = [['content-type', 'application/json']] as const;
    const answer = await sendSigned(port, signNow({ method: 'POST', headers, body: '{}' }));
    expect(answer.status).toBe(500);
    expect(heard).toBeInstanceOf(TypeError);
    expect(String(heard)).toMatch(/countersign: .* mount the body parser after the verifier/);
    expect(events).toEqual([]);
    // What it leaves alone is no mistake: a body of another type, and none.
    const text = signNow({ method: 'POST', headers: [['content-type', 'text/plain']], body: 'x' });
    expect((await sendSigned(port, text)).status).toBe(200);
    expect((await sendSigned(port, signNow({ method: 'POST' }))).status).toBe(200);
  });

  it('before the verifier is told apart for a body of no bytes and for a stream that is being read', async () => {
    const { verifier } = watchedVerifier();
    const app = express();
    app.post(
      '/raw',
      express.raw({ type: () => true }),
      countersign(verifier, { scope: 'orders' }),
      (_request, response) => response.end(),
    );
    app.post(
      '/flowing',
      (request, _response, next) => {
        request.on('data', () => {});
        next();
      },
      countersign(verifier, { scope: 'orders' }),
      (_request, response) => response.end(),
    );
    app.post(
      '/decoded',
      (request, _response, next) => {
        request.setEncoding('utf8');
        next();
      },
      countersign(verifier, { scope: 'orders' }),
      (_request, response) => response.end(),
    );
    const port = await serve(app);
    const empty = wireHead(signNow({ method: 'POST', target: '/raw' }), ['Transfer-Encoding: chunked']);
    const { answers } = await exchange(port, [empty, chunked()], { answers: 1 });
    expect(answers[0]?.status).toBe(500);
    for (const target of ['/flowing', '/decoded']) {
      expect((await sendSigned(port, signNow({ method: 'POST', target, body: 'x' }))).status, target).toBe(
        500,
      );
    }
  });

  it('may come after a middleware that paused the request for a while', async () => {
    const { verifier } = watchedVerifier();
    const app = express();
    app.post(
      '/v1/orders',
      (request, _response, next) => {
        request.pause();
        setTimeout(next, 20);
      },
      countersign(verifier, { scope: 'orders' }),
      express.text(),
      (request, response) => response.json({ seen: request.body }),
    );
    const port = await serve(app);
    for (const body of ['short', 'long'.repeat(100_000)]) {
      const head = signNow({ method: 'POST', headers: [['content-type', 'text/plain']], body });
      const { answers } = await exchange(port, [wireBytes(head)], { answers: 1 });
      expect(answers[0]?.status).toBe(body.length > 100_000 ? 413 : 200);
    }
  });

  it('sees the body after two verifiers, each of which reads a signature field of its own', async () => {
    const edge = watchedVerifier({ header: 'x-edge-signature' });
    const own = watchedVerifier();
    const app = express();
    app.use(countersign(edge.verifier, { scope: 'edge' }));
    app.post(
      '/v1/orders',
      countersign(own.verifier, { scope: 'orders' }),
      express.json(),
      (request, response) => response.json({ seen: request.body, scope: request.countersign.scope }),
    );
    const port = await serve(app);
    const type = ['content-type', 'application/json'] as const;
    const send = async (body: string) => {
      const [authorization] = signNow({ method: 'POST', headers: [type], body }).headers.slice(-1);
      const headers = authorization === undefined ? [type] : [authorization, type];
      return sendSigned(port, signNow({ method: 'POST', headers, body, field: 'x-edge-signature' }));
    };
    expect(JSON.parse((await send('{"a":1}')).body)).toEqual({ seen: { a: 1 }, scope: 'orders' });
    expect(JSON.parse((await send('{}')).body)).toEqual({ seen: {}, scope: 'orders' });
    expect([edge.admitted(), own.admitted()]).toEqual([2, 2]);
  });
});
