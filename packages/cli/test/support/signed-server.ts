/** A real server behind the real verifier, for the commands that send. It ends with the test. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { countersign } from '@countersign/hono';
import { ANY_HOST, createVerifier, keyring, type VerifierOptions } from '@countersign/server';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.js';
import { type CliOptions, type CliRun, runCli } from './run-cli.js';
import { type HereOptions, runHere } from './run-here.js';

export const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
export const OTHER_SECRET = 'cs1s_AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
export const KEY = { COUNTERSIGN_KEY_ID: 'k', COUNTERSIGN_SECRET: SECRET };
/** Every octet there is, and line ends that some would rewrite. */
export const OCTETS: Buffer = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  Buffer.from('\r\n\n\r'),
]);

/** A request that the verifier admitted, as its handler saw it. */
export interface Handled {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly scope: string;
}

export interface SignedServer {
  readonly origin: string;
  /** Without a scheme. */
  readonly host: string;
  readonly handled: Handled[];
  /** How many requests came, admitted or not. */
  readonly arrived: () => number;
}

export interface ServerOptions extends Partial<VerifierOptions> {
  /** Sees request number `index`, from 0, before the verifier; true when it was answered or cut. */
  readonly before?: (request: IncomingMessage, response: ServerResponse, index: number) => boolean;
  /** Sees the answer to request number `index` when the handler has run; true to lose it. */
  readonly lose?: (index: number) => boolean;
  readonly tls?: true;
}

export async function startSigned({
  before,
  lose,
  tls,
  ...options
}: ServerOptions = {}): Promise<SignedServer> {
  const verifier = createVerifier({
    audience: ANY_HOST,
    keys: keyring({ k: { secret: SECRET, scopes: ['orders'] } }),
    ...options,
  });
  const handled: Handled[] = [];
  const app = new Hono<{ Bindings: { incoming: IncomingMessage } }>();
  app.use(countersign(verifier, { scope: 'orders', children: true }));
  app.use(async (c, next) => {
    const { method, url: target = '', headers } = c.env.incoming;
    const body = Buffer.from(await c.req.arrayBuffer());
    handled.push({ method: method ?? '', target, headers, body, scope: c.get('countersign').scope });
    await next();
  });
  app.all('/echo', async (c) => c.body(await c.req.arrayBuffer()));
  app.get('/octets', (c) =>
    c.body(new Uint8Array(OCTETS), 200, { 'content-type': 'application/octet-stream' }),
  );
  app.get('/packed', (c) =>
    c.body(new Uint8Array(gzipSync('unpacked')), 200, { 'content-encoding': 'gzip' }),
  );
  app.get('/empty', (c) => c.body(null, 204));
  app.all('/status/:status', (c) =>
    c.body('refused by the application', Number(c.req.param('status')) as 404),
  );
  app.all('/redirect/:status', (c) => {
    return c.body('', Number(c.req.param('status')) as 302, { location: c.req.query('to') ?? '/echo' });
  });
  app.all('*', (c) => c.text('ok'));

  const listener = getRequestListener(app.fetch);
  let arrived = 0;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const index = arrived++;
    if (before?.(request, response, index)) return;
    // The handler has run when the head of its answer is written.
    if (lose?.(index)) response.writeHead = () => response.destroy();
    void listener(request, response);
  };
  const server = tls
    ? createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, serve)
    : createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const host = tls ? `localhost:${port}` : `127.0.0.1:${port}`;
  return { origin: `${tls ? 'https' : 'http'}://${host}`, host, handled, arrived: () => arrived };
}

/** `countersign curl` with the key of that server. */
export function curl(words: readonly string[], { env, ...options }: HereOptions = {}): Promise<CliRun> {
  return runHere(['curl', ...words], { env: { ...KEY, ...env }, ...options });
}

/** The same as a process, where its folder or its pipes are the point. */
export function curlProcess(words: readonly string[], { env, ...options }: CliOptions = {}): Promise<CliRun> {
  return runCli(['curl', ...words], { env: { ...KEY, ...env }, ...options });
}
