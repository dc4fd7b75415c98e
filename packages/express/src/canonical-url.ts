/**
 * Lets Express route on what is signed. A signature covers the canonical spelling of a target, Express routes on the raw
 * one: `/orders/%65xport` is signed like `/orders/export` and is another route. It verifies nothing.
 */
import { canonicalTarget } from '@countersign/canonical';

/** The parts of an Express request that routing and query parsing go by. */
interface RoutedRequest {
  url: string;
  query?: unknown;
  readonly app: { readonly get: (setting: string) => unknown };
}

/**
 * Middleware that puts the canonical path and query into `request.url` and `request.query`; `request.originalUrl` stays
 * as it came, and is what is verified. Mount it before the routes. Two requests with one signature are then one request
 * to every router and query parser behind it.
 */
export function canonicalUrl(): (request: RoutedRequest, response: unknown, next: () => void) => void {
  return (request, _response, next) => {
    const target = readTarget(request.url);
    if (target !== undefined) {
      const { path, query } = target;
      request.url = query === '' ? path : `${path}?${query}`;
      // Express 4 has parsed the query by now; Express 5 parses it when it is asked for.
      if (Object.hasOwn(request, 'query')) {
        const parse = request.app.get('query parser fn');
        if (typeof parse === 'function') request.query = parse(query);
      }
    }
    next();
  };
}

function readTarget(url: string): { path: string; query: string } | undefined {
  try {
    return canonicalTarget(url);
  } catch {
    // The verifier refuses it, and says why.
    return undefined;
  }
}
