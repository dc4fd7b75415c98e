/** The debugging aid of `@countersign/server/adapter` as a Hono handler: says what arrived, and verifies nothing. */
import { echoAnswer } from '@countersign/server/adapter';
import type { Context } from 'hono';
import { openBody } from './body.js';
import { requestHead } from './head.js';
import { nodeIncoming } from './node-bindings.js';

/**
 * Tells `countersign doctor` what arrived: `app.all('/countersign-echo/*', echo)`. To be mounted while debugging: it shows
 * anybody the names of the fields that the proxies in front add, though not their values.
 */
export async function echo(c: Context): Promise<Response> {
  const incoming = nodeIncoming(c);
  const { method, target, headers } = requestHead(c, {});
  const httpVersion = incoming === undefined ? {} : { httpVersion: incoming.httpVersion };
  const {
    status,
    headers: fields,
    body,
  } = await echoAnswer({ method, target, headers, ...httpVersion }, bodyOf(c));
  const close = status === 413 && incoming?.httpVersionMajor === 1 ? { connection: 'close' } : {};
  return c.body(body, status, { ...fields, ...close });
}

function bodyOf(c: Context): AsyncIterable<Uint8Array> | readonly Uint8Array[] | null {
  try {
    return openBody(c)?.source ?? [];
  } catch {
    // Something has read it before.
    return null;
  }
}
