/**
 * Reads the body of a `node:http` request without taking it from whoever reads it next. It neither limits nor judges
 * what it reads.
 */
import type { IncomingMessage } from 'node:http';
import type { Eventually } from '../eventually.js';
import type { BodySource } from '../steps/body.js';
import { http2Stream } from './node-http2.js';
import { announcedBodyBytes } from './node-request.js';

/** How many bytes were put back on a request's stream: all of its body. Only where no field announces them. */
const putBackBytes = new WeakMap<IncomingMessage, number>();

/** Whether nobody has read from the request, or is about to: what was put back to its last byte counts as unread. */
export function isUnread(incoming: IncomingMessage): boolean {
  if (incoming.readableEnded || incoming.readableEncoding !== null || incoming.readableFlowing === true)
    return false;
  if (!incoming.readableDidRead) return incoming.listenerCount('readable') === 0;
  return incoming.readableLength === (putBackBytes.get(incoming) ?? announcedBodyBytes(incoming));
}

/**
 * The body of a request that is unread. With `putBack` the bytes are on the stream again when the last of them is given
 * out, and `end` has not been emitted: every later reader sees the request as it came.
 *
 * Reading throws when the client goes away before the end.
 */
export function nodeBody(incoming: IncomingMessage, { putBack }: { readonly putBack: boolean }): BodySource {
  return new NodeBody(incoming, putBack);
}

/** A class, because making closures and a member with a computed name for each body takes 0.2 µs. */
class NodeBody implements BodySource {
  readonly #incoming: IncomingMessage;
  readonly #putBack: boolean;

  constructor(incoming: IncomingMessage, putBack: boolean) {
    this.#incoming = incoming;
    this.#putBack = putBack;
  }

  /** The body, where its last byte is here and the stream neither flows nor was paused. */
  whole(): Eventually<Buffer> | undefined {
    const incoming = this.#incoming;
    const { readableFlowing, readableLength } = incoming;
    if (readableFlowing !== null || readableLength === 0) return undefined;
    // `complete` comes a moment later: Node sees to promises between the last byte and the end of the message.
    if (readableLength !== announcedBodyBytes(incoming)) return undefined;
    const body: Buffer | null = incoming.read();
    if (body === null) return undefined;
    if (this.#putBack) incoming.unshift(body);
    // The client that went away while its key was looked up: no `end` comes any more.
    if (this.#putBack || incoming.destroyed) return body;
    // Waited for, because who answers before it makes Node and frameworks clean up behind it, which costs more.
    incoming.resume();
    return new Promise((resolve) => {
      const taken = (): void => resolve(body);
      // `close` alone comes where the request is destroyed meanwhile.
      incoming.on('end', taken).on('close', taken);
    });
  }

  [Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void> {
    return bodyPieces(this.#incoming, this.#putBack);
  }
}

async function* bodyPieces(incoming: IncomingMessage, putBack: boolean): AsyncGenerator<Buffer, void, void> {
  if (hasArrived(incoming) && incoming.readableLength === 0) {
    // No bytes: a listener would make Node emit `end` now, and whoever reads later would wait for it in vain.
    if (putBack) restore(incoming, []);
    else incoming.read();
    return;
  }
  const chunks: Buffer[] = [];
  let wake: () => void = () => {};
  const onEvent = (): void => wake();
  for (const event of EVENTS) incoming.on(event, onEvent);
  try {
    for (;;) {
      const chunk: Buffer | null = incoming.readableLength > 0 ? incoming.read() : null;
      if (chunk !== null && putBack) chunks.push(chunk);
      const ended = hasArrived(incoming) && incoming.readableLength === 0;
      // In the tick of the last read: Node emits `end` in the next one, unless there are bytes again.
      if (ended && putBack) restore(incoming, chunks);
      // Lets `end` come.
      else if (ended) incoming.read();
      if (chunk !== null) yield chunk;
      if (ended) return;
      if (chunk !== null) continue;
      if (incoming.destroyed || incoming.aborted)
        throw new Error('the client went away before the end of the body');
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    for (const event of EVENTS) incoming.off(event, onEvent);
  }
}

const EVENTS = ['readable', 'error', 'close'] as const;

/** Whether the last byte of the body is here. A request of `node:http2` is `complete` only when it was read to its end. */
function hasArrived(incoming: IncomingMessage): boolean {
  const stream = http2Stream(incoming);
  return stream === undefined ? incoming.complete : stream.readableEnded === true;
}

function restore(incoming: IncomingMessage, chunks: readonly Buffer[]): void {
  const [first] = chunks;
  const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
  if (body.length !== announcedBodyBytes(incoming)) putBackBytes.set(incoming, body.length);
  if (body.length > 0) incoming.unshift(body);
}
