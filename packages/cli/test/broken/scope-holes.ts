/** Holes in scopes and in which requests are verified at all. */
import { collectFields } from '@countersign/canonical';
import type { Hole } from './hole.js';
import { findRoute } from './routes.js';

/** The path as it came, without its query. */
function rawPath(target: string): string {
  return target.split('?', 1)[0] ?? '';
}

export const SCOPE_HOLES: readonly Hole[] = [
  {
    name: 'scope-from-header',
    wrong: 'the scope comes from a field that nobody signed',
    line: 'spoofable-keys',
    break: (right) => ({
      scope: (signed, route, call) => {
        const [named] = collectFields(call.lines).get('x-scope');
        return named === undefined ? right.scope(signed, route, call) : { scope: named };
      },
    }),
    opens: [],
  },
  {
    name: 'scope-off-route',
    wrong: 'any scope that the key is granted is good for any route',
    line: 'child-scopes',
    break: (right) => ({
      scope: (signed, route, call) =>
        right.scope(signed, { ...route, scope: signed === '' ? route.scope : signed }, call),
    }),
    opens: [],
  },
  {
    name: 'scope-ungranted',
    wrong: 'what a key is granted is not looked at',
    line: 'unmetered-endpoints',
    break: (right) => ({
      scope: (signed, route, call) => {
        const scope = right.scope(signed, route, call);
        return scope === 'scope-not-granted' ? { scope: signed === '' ? route.scope : signed } : scope;
      },
    }),
    opens: [],
  },
  {
    name: 'parent-scope',
    wrong: "a scope that contains the route's is good for it",
    line: 'child-scopes',
    break: (right) => ({
      scope: (signed, route, call) =>
        route.scope.startsWith(`${signed}:`) ? { scope: signed } : right.scope(signed, route, call),
    }),
    opens: [],
  },
  {
    name: 'undecorated-route',
    wrong: 'one route has no verifier',
    line: 'undecorated-endpoint',
    break: (right) => ({
      guarded: (call) => (rawPath(call.target) === '/v1/exports' ? undefined : right.guarded(call)),
    }),
    opens: [],
  },
  {
    name: 'guarded-by-spelling',
    wrong: 'the verifier is found by the path as it is spelt, and the handler by the decoded one',
    line: 'equivalent-encodings',
    break: (right) => ({
      guarded: (call) =>
        findRoute(call.method, rawPath(call.target)) === undefined ? undefined : right.guarded(call),
    }),
    opens: [],
  },
  {
    name: 'dots-resolved',
    wrong: 'dot segments are resolved after the verification, by the router',
    line: 'equivalent-encodings',
    break: (right) => ({
      guarded: (call) => right.guarded(call),
    }),
    opens: [],
  },
];
