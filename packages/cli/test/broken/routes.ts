/** The routes of the servers that the probe is tried on: which request is for which scope. Nothing is verified here. */
import { CanonicalError, type CanonicalTarget, canonicalTarget } from '@countersign/canonical';

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly scope: string;
  /** Whether a client may sign a deeper scope. */
  readonly children: boolean;
}

export const ROUTES: readonly Route[] = [
  { method: 'POST', path: /^\/v1\/orders\/[^/]+$/, scope: 'orders:write', children: true },
  { method: 'PUT', path: /^\/v1\/orders\/[^/]+$/, scope: 'orders:write', children: true },
  { method: 'GET', path: /^\/v1\/orders\/[^/]+$/, scope: 'orders:read', children: false },
  { method: 'POST', path: /^\/v1\/exports$/, scope: 'exports', children: false },
];

/** The route of a request by its canonical path; HEAD is GET. */
export function findRoute(method: string, path: string): Route | undefined {
  const wanted = method === 'HEAD' ? 'GET' : method;
  return ROUTES.find((route) => route.method === wanted && route.path.test(path));
}

/** The path as a signature covers it, or `undefined` for a target that has none. */
export function canonicalPathOf(target: string): string | undefined {
  try {
    const { path }: CanonicalTarget = canonicalTarget(target);
    return path;
  } catch (error) {
    if (error instanceof CanonicalError) return undefined;
    throw error;
  }
}
