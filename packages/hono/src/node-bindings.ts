/** The `node:http` request and answer behind a Hono context, where @hono/node-server runs it. Other runtimes have none. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'hono';

export function nodeIncoming(c: Context): IncomingMessage | undefined {
  const bindings: { readonly incoming?: unknown } | undefined = c.env;
  const incoming = bindings?.incoming;
  return isIncoming(incoming) ? incoming : undefined;
}

export function nodeOutgoing(c: Context): ServerResponse | undefined {
  const bindings: { readonly outgoing?: unknown } | undefined = c.env;
  const outgoing = bindings?.outgoing;
  return isOutgoing(outgoing) ? outgoing : undefined;
}

function isIncoming(value: unknown): value is IncomingMessage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'rawHeaders' in value &&
    Array.isArray(value.rawHeaders) &&
    'url' in value &&
    typeof value.url === 'string'
  );
}

function isOutgoing(value: unknown): value is ServerResponse {
  return (
    typeof value === 'object' &&
    value !== null &&
    'writeHead' in value &&
    typeof value.writeHead === 'function'
  );
}
