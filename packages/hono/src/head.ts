/**
 * What the verifier is told of a Hono request: its raw head where the runtime gives it, and always the path and query
 * that Hono routes on.
 */
import type { IncomingRequest } from '@countersign/server';
import { type AdapterOptions, nodeRequest, routedTarget, withPrefix } from '@countersign/server/adapter';
import type { Context } from 'hono';
import { nodeIncoming } from './node-bindings.js';

export function requestHead(
  c: Context,
  options: Pick<AdapterOptions, 'prefix' | 'proxies'>,
): IncomingRequest {
  const incoming = nodeIncoming(c);
  const { authority, target } = cutUrl(c.req.raw.url);
  if (incoming !== undefined) {
    const head = nodeRequest(incoming, routedTarget(incoming.url ?? '', target), options);
    const { method } = c.req;
    // By Hono's method: a middleware may have overridden the one that was sent.
    return method === head.method ? head : { ...head, method };
  }
  const headers = [...c.req.raw.headers];
  // A request that was made in this process, as `app.request()` does, has no Host field.
  if (!c.req.raw.headers.has('host')) headers.push(['host', authority]);
  return { method: c.req.method, target: withPrefix(target, options.prefix ?? ''), headers };
}

/** Cuts a URL by its text; parsing it again could change it. */
function cutUrl(url: string): { readonly authority: string; readonly target: string } {
  const start = url.indexOf('//') + 2;
  const path = url.indexOf('/', start);
  const fragment = url.indexOf('#', start);
  return {
    authority: url.slice(start, path),
    target: url.slice(path, fragment < 0 ? undefined : fragment),
  };
}
