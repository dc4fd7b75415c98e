/** Express as an adapter under test. */
import { parse as parseSimple } from 'node:querystring';
import { canonicalTarget } from '@countersign/canonical';
import type { AdapterUnderTest, Echo, EchoServer } from '@countersign/testkit/http';
import type express5 from 'express';
import type { Request, Response } from 'express';
import qs from 'qs';
import { answerRefusedBody, countersign } from '../../src/index.js';
import { serve } from './serve.js';

/** An Express application with one handler that tells what it was given. */
export function expressUnderTest(name: string, express: typeof express5): AdapterUnderTest {
  return {
    name,
    serve: ({ verifier, options, route, mount, fields = {}, ignoreBody = false, prepare }: EchoServer) => {
      const app = express();
      app.disable('etag');
      const router = mount === undefined ? app : express.Router();
      const handlers = [
        countersign(verifier, { scope: 'orders', ...options }),
        (request: Request, response: Response, next: (error: unknown) => void): void => {
          echo(request, ignoreBody).then((seen) => response.set(fields).json(seen), next);
        },
      ];
      if (route === undefined) router.use(handlers);
      else router.all(route, handlers);
      if (mount !== undefined) app.use(mount, router);
      app.use(answerRefusedBody);
      return serve(app, prepare);
    },
    // For absolute-form Express asks node:url, which escapes the apostrophe.
    isPath: (shown, canonical) => plainPath(shown) === plainPath(canonical),
    parseQuery: (query) =>
      name.startsWith('Express 4') ? qs.parse(query, { allowPrototypes: true }) : parseSimple(query),
    refusesItself: () => false,
  };
}

function plainPath(path: string): string {
  return canonicalTarget(path).path.replaceAll("'", '%27');
}

async function echo(request: Request, ignoreBody: boolean): Promise<Echo> {
  const { request: signed, scope, body, verified } = request.countersign;
  const chunks: Buffer[] = [];
  if (!ignoreBody) {
    for await (const chunk of body) chunks.push(chunk);
    await verified;
  }
  return {
    method: request.method,
    path: request.baseUrl + request.path,
    query: request.query,
    params: request.params as Record<string, string>,
    body: Buffer.concat(chunks).toString(),
    signed: { method: signed.method, path: signed.path, query: signed.query },
    scope,
  };
}
