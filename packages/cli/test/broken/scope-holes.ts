/** Holes in scopes and in which requests are verified at all. */
import { CanonicalError, canonicalTarget } from '@countersign/canonical';
import type { Hole } from './hole.js';
import { findRoute } from './routes.js';
import type { Call } from './steps.js';

/** The path as it came, without its query. */
function rawPath(target: string): string {
  return target.split('?', 1)[0] ?? '';
}

/** The call as a router sees it that resolves dot segments; the same one when there are none. */
function resolved(call: Call): Call {
  try {
    canonicalTarget(call.target);
    return call;
  } catch (error) {
    if (!(error instanceof CanonicalError && error.code === 'ambiguous-target')) return call;
    const raw = rawPath(call.target);
    const { pathname } = new URL(raw, 'http://127.0.0.1');
    return { ...call, target: pathname + call.target.slice(raw.length) };
  }
}

export const SCOPE_HOLES: readonly Hole[] = [
  {
    name: 'scope-off-route',
    wrong: 'any scope that the key is granted is good for any route',
    line: 'child-scopes',
    break: (right) => ({
      scope: (signed, route, call) =>
        right.scope(signed, { ...route, scope: signed === '' ? route.scope : signed }, call),
    }),
    opens: ['scope-other', 'scope-parent'],
  },
  {
    name: 'scope-ungranted',
    wrong: 'neither the route nor what the key is granted is looked at',
    line: 'unmetered-endpoints',
    break: () => ({ scope: (signed, route) => ({ scope: signed === '' ? route.scope : signed }) }),
    opens: ['scope-other', 'scope-parent'],
  },
  {
    name: 'scope-prefix',
    wrong: "a scope that begins like the route's counts as one below it",
    line: 'joined-keys',
    break: (right) => ({
      scope: (signed, route, call) =>
        signed.startsWith(route.scope) ? { scope: signed } : right.scope(signed, route, call),
    }),
    opens: ['scope-other'],
  },
  {
    name: 'parent-scope',
    wrong: "a scope that contains the route's is good for it",
    line: 'child-scopes',
    break: (right) => ({
      scope: (signed, route, call) =>
        route.scope.startsWith(`${signed}:`) ? { scope: signed } : right.scope(signed, route, call),
    }),
    opens: ['scope-parent'],
  },
  {
    name: 'undecorated-route',
    wrong: 'one route has no verifier',
    line: 'undecorated-endpoint',
    break: (right) => ({
      guarded: (call) => (rawPath(call.target) === '/v1/exports' ? undefined : right.guarded(call)),
    }),
    opens: ['also-unsigned', 'path-changed', 'replay-other-path'],
  },
  {
    name: 'guarded-by-spelling',
    wrong: 'the verifier is found by the path as it is spelt, and the handler by the decoded one',
    line: 'equivalent-encodings',
    break: (right) => ({
      guarded: (call) =>
        findRoute(call.method, rawPath(call.target)) === undefined ? undefined : right.guarded(call),
      run: (call) => (call.target.startsWith('/') ? right.run(call) : undefined),
    }),
    opens: ['unsigned'],
  },
  {
    name: 'dots-resolved',
    wrong: 'dot segments are signed as they came, and resolved by the router',
    line: 'equivalent-encodings',
    break: (right) => ({
      guarded: (call) => right.guarded(resolved(call)),
      run: (call) => right.run(resolved(call)),
      read: (call) => {
        const request = right.read(resolved(call));
        if (resolved(call) === call) return request;
        return { ...request, parts: { ...request.parts, path: rawPath(call.target) } };
      },
    }),
    opens: ['target-dot-segments'],
  },
];
