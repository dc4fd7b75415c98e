/**
 * Requests of `node:http2` in the form of `node:http`, which its compatibility API gives: what it does differently,
 * read without importing it.
 */
import type { IncomingMessage } from 'node:http';

interface Http2Stream {
  /** Whether the head came with END_STREAM: there is no body. */
  readonly endAfterHeaders?: unknown;
  readonly readableEnded?: unknown;
}

/** The stream behind a request of HTTP/2; `undefined` for one of HTTP/1. */
export function http2Stream(incoming: IncomingMessage): Http2Stream | undefined {
  const stream: unknown = incoming.httpVersionMajor > 1 && 'stream' in incoming ? incoming.stream : undefined;
  return typeof stream === 'object' && stream !== null ? stream : undefined;
}
