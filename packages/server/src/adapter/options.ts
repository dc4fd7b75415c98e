/**
 * The options that every adapter takes, and their checks. What a route's scope and cost mean is `route.ts`'s.
 */
import { canonicalTarget } from '@countersign/canonical';
import { type RouteOptions, requireRouteOptions } from '../route.js';
import type { RouteScope } from '../steps/scope.js';
import { requireWhole } from '../whole-number.js';

/** What every adapter is told of a route. */
export interface AdapterOptions extends RouteOptions {
  /** The scope of the route, or a function of what is signed. */
  readonly scope: RouteScope;
  /** How many reverse proxies in front of this server are the operator's own. Default 0: the socket's address counts. */
  readonly proxies?: number;
  /** What an edge has stripped from the path, such as `/v1`: it is put back before the target is verified. */
  readonly prefix?: string;
}

/** How an adapter takes the body. */
export interface BodyOptions {
  /**
   * `buffer` (default): the body is verified before the request is admitted. `stream`: the request is admitted first,
   * and the handler reads bytes that are not authenticated until `verified` resolves.
   */
  readonly body?: 'buffer' | 'stream';
}

const PREFIX = /^(?:\/[A-Za-z0-9\-._~!$&'()*+,;=:@%]+)+$/;

/**
 * Checks the options when a route is made, long before a request is there.
 *
 * @throws TypeError or RangeError that names the option
 */
export function requireAdapterOptions(options: AdapterOptions & BodyOptions): void {
  if (options?.scope === undefined) {
    throw new TypeError(
      'scope: required; a scope such as "orders:write", or a function of the signed request',
    );
  }
  requireRouteOptions(options);
  const { body = 'buffer', proxies = 0, prefix } = options;
  if (body !== 'buffer' && body !== 'stream') {
    throw new TypeError(`body: expected 'buffer' or 'stream', got ${JSON.stringify(body)}`);
  }
  requireWhole('proxies', proxies, 0, Number.MAX_SAFE_INTEGER);
  if (prefix !== undefined && !isPrefix(prefix)) {
    throw new TypeError(`prefix: expected a path such as "/v1", got ${JSON.stringify(prefix)}`);
  }
}

/** Whether paths that begin with it can be verified at all. */
function isPrefix(prefix: unknown): boolean {
  if (typeof prefix !== 'string' || !PREFIX.test(prefix)) return false;
  try {
    canonicalTarget(prefix);
    return true;
  } catch {
    return false;
  }
}
