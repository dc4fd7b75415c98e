/** What a route tells the verifier: its scope and what a request to it costs. */
import { isScope } from '@countersign/canonical';
import { requireBoolean } from './option-kinds.js';
import { type Refusal, refusal } from './refusals.js';
import { shown } from './shown.js';
import type { SignedRequest } from './signed-request.js';
import type { RouteScope } from './steps/scope.js';

/** What a route tells the verifier. */
export interface RouteOptions {
  /**
   * The scope of the route, or a function of what is signed. Without it the signed scope is taken as it is, as far as
   * the key is granted it.
   */
  readonly scope?: RouteScope;
  /** Whether the client may sign for a child of the scope. Default false. */
  readonly children?: boolean;
  /** Units that a request is charged, a positive integer; or a function of what is signed. Default 1. */
  readonly cost?: number | ((signed: SignedRequest) => number);
}

/**
 * Checks what can be checked before a request is there.
 *
 * @throws TypeError naming `scope` or `children`, RangeError naming `cost`
 */
export function requireRouteOptions({ scope, children, cost }: RouteOptions): void {
  if (scope !== undefined && typeof scope !== 'function' && !(typeof scope === 'string' && isScope(scope))) {
    throw new TypeError(`scope: ${shown(scope)} is not a scope such as "orders:write", nor a function`);
  }
  if (children !== undefined) requireBoolean('children', children);
  if (cost !== undefined && typeof cost !== 'function' && !isCost(cost)) {
    throw new RangeError(`cost: expected a positive integer, got ${shown(cost)}`);
  }
}

/** The cost of a request. A function that gives no positive integer refuses the request: it was led there by its parts. */
export function routeCost(cost: RouteOptions['cost'], signed: SignedRequest): number | Refusal {
  if (typeof cost !== 'function') return cost ?? 1;
  try {
    const units = cost(signed);
    return isCost(units) ? units : refusal('malformed-request', `the cost function gave ${shown(units)}`);
  } catch (error) {
    return refusal('malformed-request', `the cost function threw: ${shown(error)}`);
  }
}

function isCost(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
