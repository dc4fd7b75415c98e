/** The `node:http` request behind a Hono context, where @hono/node-server runs it. Other runtimes have none. */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';

export function nodeIncoming(c: Context): IncomingMessage | undefined {
  const bindings: { readonly incoming?: unknown } | undefined = c.env;
  const incoming = bindings?.incoming;
  return isIncoming(incoming) ? incoming : undefined;
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
