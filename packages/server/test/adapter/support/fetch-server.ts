/** `guard` before a plain Fetch handler, as an adapter under test: on @hono/node-server, which gives handlers a `Request`. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type GuardAdmitted, guard } from '@countersign/server';
import type { AdapterUnderTest, Echo, EchoServer } from '@countersign/testkit/http';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { afterEach } from 'vitest';

export type FetchHandler = (request: Request, node: HttpBindings) => Response | Promise<Response>;

const running: Server[] = [];

/** Serves until the end of the test. Resolves the port. */
export async function serveFetch(fetch: FetchHandler, prepare?: (server: Server) => void): Promise<number> {
  const server = createAdaptorServer({
    fetch: (request, node) => fetch(request, node as HttpBindings),
  }) as Server;
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

export const guardUnderTest: AdapterUnderTest = {
  name: 'guard',
  serve: ({
    verifier,
    options,
    route = '*',
    mount = '',
    fields = {},
    ignoreBody = false,
    prepare,
  }: EchoServer) => {
    const check = guard(verifier, { scope: 'orders', ...options });
    const paramsOf = matcher(mount + route);
    return serveFetch(async (request, { incoming }) => {
      const { remoteAddress: address } = incoming.socket;
      const verdict = await check(request, { address, target: incoming.url });
      if (!verdict.ok) return verdict.response;
      const echoed = echo(verdict, paramsOf(new URL(request.url).pathname), ignoreBody);
      return verdict.finish(echoed.then((found) => Response.json(found, { headers: fields })));
    }, prepare);
  },
  isPath: (shown, canonical) => octets(shown) === octets(new URL(`http://h${canonical}`).pathname),
  parseQuery: (query) => pairsOf(new URL(`http://h/?${query}`).searchParams),
  // @hono/node-server knows absolute-form by a scheme in lower case only.
  refusesItself: (target) => !target.startsWith('/') && !/^https?:/.test(target),
  fetchOnly: true,
};

async function echo(
  { request: signed, scope, incoming, verified }: GuardAdmitted,
  params: Echo['params'],
  ignoreBody: boolean,
): Promise<Echo> {
  const body = ignoreBody ? '' : await incoming.text();
  if (!ignoreBody) await verified;
  const url = new URL(incoming.url);
  return {
    method: incoming.method,
    path: url.pathname,
    query: pairsOf(url.searchParams),
    params,
    body,
    signed: { method: signed.method, path: signed.path, query: signed.query },
    scope,
  };
}

/** By name, as the contract compares what frameworks make of a query. */
function pairsOf(params: URLSearchParams): Record<string, string[]> {
  const names = [...new Set(params.keys())];
  return Object.fromEntries(names.map((name) => [name, params.getAll(name)]));
}

function matcher(route: string): (path: string) => Record<string, string> {
  const names = [...route.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const pattern = new RegExp(`^${route.replace(/:\w+/g, '([^/]+)').replace('*', '.*')}$`);
  return (path) => {
    const values = pattern.exec(path)?.slice(1) ?? [];
    return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(values[i] ?? '')]));
  };
}

/** The octets that a path stands for; a slash and `%2F` are two things. */
function octets(path: string): string {
  return path
    .replace(/%(?!2f)[0-9a-f]{2}/gi, (escaped) => String.fromCharCode(Number.parseInt(escaped.slice(1), 16)))
    .replaceAll('%2f', '%2F');
}
