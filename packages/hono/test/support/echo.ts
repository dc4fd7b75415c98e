/** Hono on @hono/node-server as an adapter under test. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AdapterUnderTest, Echo, EchoServer } from '@countersign/testkit/http';
import { createAdaptorServer } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { HonoRequest } from 'hono/request';
import { getPath } from 'hono/utils/url';
import { afterEach } from 'vitest';
import { countersign } from '../../src/index.js';

const running: Server[] = [];

/** Serves an application until the end of the test. Resolves the port. */
export async function serve(app: Hono, prepare?: (server: Server) => void): Promise<number> {
  return serveWith({ fetch: app.fetch }, prepare);
}

/** The same, with options of @hono/node-server. */
export async function serveWith(
  options: Parameters<typeof createAdaptorServer>[0],
  prepare?: (server: Server) => void,
): Promise<number> {
  const server = createAdaptorServer(options) as Server;
  prepare?.(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push(server);
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A Hono application with one handler that tells what it was given. */
export const honoUnderTest: AdapterUnderTest = {
  name: 'Hono',
  serve: ({
    verifier,
    options,
    route = '*',
    mount,
    fields = {},
    ignoreBody = false,
    prepare,
  }: EchoServer) => {
    const routes = new Hono();
    routes.all(route, countersign(verifier, { scope: 'orders', ...options }), async (c) =>
      c.json(await echo(c, ignoreBody), 200, fields),
    );
    // Hono's own prints errors; the answer to a refused body is the adapter's in any case.
    routes.onError((_error, c) => c.text('unhandled', 500));
    return serve(mount === undefined ? routes : new Hono().route(mount, routes), prepare);
  },
  isPath: isShownAs,
  parseQuery: (query) => new HonoRequest(new Request(`http://h/?${query}`)).queries(),
  // @hono/node-server knows absolute-form by a scheme in lower case only.
  refusesItself: (target) => !target.startsWith('/') && !/^https?:/.test(target),
};

async function echo(c: Context, ignoreBody: boolean): Promise<Echo> {
  const { request: signed, scope, verified } = c.get('countersign');
  const body = ignoreBody ? '' : await c.req.text();
  if (!ignoreBody) await verified;
  return {
    method: c.req.method,
    path: c.req.path,
    query: c.req.queries(),
    params: c.req.param() as Record<string, string>,
    body,
    signed: { method: signed.method, path: signed.path, query: signed.query },
    scope,
  };
}

/**
 * Hono decodes paths, but for what would change their meaning; and where one is not UTF-8, some runs of its escapes and
 * not others. There the octets are compared. A slash and `%2F` are two things in any case.
 */
function isShownAs(shown: string, canonical: string): boolean {
  const expected = getPath(new Request(`http://h${canonical}`));
  const plainly = isUtf8(canonical) ? upperHex : octets;
  return plainly(shown) === plainly(expected);
}

function upperHex(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (escaped) => escaped.toUpperCase());
}

function octets(path: string): string {
  return Buffer.from(path)
    .toString('latin1')
    .replace(/%(?!2f)[0-9a-f]{2}/gi, (escaped) => String.fromCharCode(Number.parseInt(escaped.slice(1), 16)))
    .replaceAll('%2f', '%2F');
}

function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
