/**
 * Step 5: the scope. The route says what a request is for, the signature must agree, and the key must be granted it.
 */
import { isScope, scopeContains } from '@countersign/canonical';
import type { Key } from '../keys/key.js';
import { type Refusal, refusal } from '../refusals.js';
import { shown } from '../shown.js';
import type { SignedRequest } from '../signed-request.js';

/** The scope of a route: fixed, or from what is signed. `undefined` or a text that is no scope refuses the request. */
export type RouteScope = string | ((signed: SignedRequest) => string | undefined);

/**
 * The scope that the request is admitted and charged for, or a refusal.
 *
 * @param routeScope `undefined`: whatever was signed, as far as the key is granted it
 * @param children whether the client may sign a deeper scope than the route's
 */
export function effectiveScope(
  signed: SignedRequest,
  key: Key,
  routeScope: RouteScope | undefined,
  children: boolean,
): string | Refusal {
  if (routeScope === undefined) return grantedScope(signed.scope, key);
  const expected = evaluate(routeScope, signed);
  if (typeof expected !== 'string') return expected;
  if (signed.scope === '' || signed.scope === expected) return grantedScope(expected, key);
  if (!scopeContains(expected, signed.scope)) {
    return refusal('scope-mismatch', `signed for ${signed.scope}, the route is ${expected}`);
  }
  if (!children) {
    return refusal(
      'scope-mismatch',
      `signed for the child ${signed.scope} of ${expected}, which the route does not allow`,
    );
  }
  return grantedScope(signed.scope, key);
}

function grantedScope(scope: string, key: Key): string | Refusal {
  if (scope === '') return scope;
  for (const grant of key.scopes) if (grant === '*' || scopeContains(grant, scope)) return scope;
  return refusal('scope-not-granted', `key ${key.id} is not granted ${scope}`);
}

function evaluate(routeScope: RouteScope, signed: SignedRequest): string | Refusal {
  if (typeof routeScope === 'string') return routeScope;
  try {
    const scope = routeScope(signed);
    if (typeof scope === 'string' && isScope(scope)) return scope;
    return refusal('scope-mismatch', `the route has no scope for this request: ${shown(scope)}`);
  } catch (error) {
    return refusal('scope-mismatch', `the scope function threw: ${shown(error)}`);
  }
}
