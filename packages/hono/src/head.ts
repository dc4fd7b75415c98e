/**
 * What the verifier is told of a Hono request: its raw head where the runtime gives it, and always the path and query
 * that Hono routes on.
 */
import type { IncomingRequest } from '@countersign/server';
import {
  type AdapterOptions,
  cutUrl,
  fetchRequest,
  nodeRequest,
  routedTarget,
} from '@countersign/server/adapter';
import type { Context } from 'hono';
import { nodeIncoming } from './node-bindings.js';

export function requestHead(
  c: Context,
  options: Pick<AdapterOptions, 'prefix' | 'proxies'>,
): IncomingRequest {
  const { raw, method } = c.req;
  const incoming = nodeIncoming(c);
  if (incoming === undefined) return fetchRequest(raw, {}, options);
  const head = nodeRequest(incoming, routedTarget(incoming.url ?? '', cutUrl(raw.url).target), options);
  // By Hono's method: a middleware may have overridden the one that was sent.
  return method === head.method ? head : { ...head, method };
}
