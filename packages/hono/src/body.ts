/**
 * The body of a Hono request: where its bytes come from, and how the handler gets what was read of it. It judges
 * nothing.
 */
import type { IncomingMessage } from 'node:http';
import type { BodySource } from '@countersign/server';
import {
  announcedBodyBytes,
  fetchBody,
  isUnread,
  nodeBody,
  requestWithBody,
} from '@countersign/server/adapter';
import type { Context } from 'hono';
import { nodeIncoming } from './node-bindings.js';

/** A body that is there to be read. */
interface OpenBody {
  readonly source: BodySource;
  /** Gives the handler the bytes that were read, by `c.req` and by `c.req.raw`. */
  readonly giveBack: (bytes: Uint8Array) => void;
}

/**
 * The body, or `undefined` where the request has none.
 *
 * @throws TypeError when it was read already: that is a mistake in the order of middleware, not in the request
 */
export function openBody(c: Context): OpenBody | undefined {
  const incoming: (IncomingMessage & { rawBody?: Buffer }) | undefined = nodeIncoming(c);
  if (incoming?.httpVersionMajor === 1) {
    if (announcedBodyBytes(incoming) === 0) return undefined;
    if (isUnread(incoming) && isRequestOf(c.req.raw, incoming)) {
      return {
        source: nodeBody(incoming, { putBack: false }),
        giveBack: (bytes) => {
          // @hono/node-server takes these bytes in place of the stream; a new Request would cost as much as all else.
          incoming.rawBody = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
        },
      };
    }
  }
  const source = fetchBody(c.req.raw);
  return source && { source, giveBack: (bytes) => replaceBody(c, new Uint8Array(bytes)) };
}

/** Puts a request with another body in place of the one that was received. */
export function replaceBody(c: Context, body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>): void {
  c.req.raw = requestWithBody(c.req.raw, body);
}

/** Whether this is the request that @hono/node-server made of `incoming`, and has not begun to read it. */
function isRequestOf(raw: Request, incoming: IncomingMessage): boolean {
  let made = false;
  for (const symbol of Object.getOwnPropertySymbols(raw)) {
    const held: unknown = Reflect.get(raw, symbol);
    if (held === incoming) made = true;
    else if (typeof held === 'object' && held instanceof Request) return false;
  }
  return made;
}
