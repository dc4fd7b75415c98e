/**
 * The body of a Fetch `Request`: where its bytes come from, and how a handler gets what was read of it. It judges
 * nothing.
 */
import type { Eventually } from '../eventually.js';
import type { BodySource } from '../steps/body.js';
import type { Admitted, AdmittedStream, AdmittedWithBody, ProvedHead, Refused } from '../verdict.js';

/** Methods whose Fetch `Request` cannot carry a body, or of which none can be made: theirs is never given on. */
const BODILESS = new Set(['GET', 'HEAD', 'TRACE', 'TRACK']);

/**
 * The body, or `undefined` where the request has none. A body that a GET announces is one that Fetch does not show: it
 * cannot be the signed one.
 *
 * @throws TypeError when it was read already: that is a mistake in the order of what reads it, not in the request
 */
export function fetchBody(request: Request): BodySource | undefined {
  if (request.bodyUsed || request.body?.locked) {
    throw new TypeError(
      'countersign: the body was read before it could be verified; mount what reads it after the verifier',
    );
  }
  if (BODILESS.has(request.method)) return announcesBody(request.headers) ? notShown() : undefined;
  return request.body === null ? undefined : piecesOf(request.body);
}

/** What is left after the head: the body and the admission, in the order that the route's `body` option asks for. */
export function admitBody(
  proved: ProvedHead,
  source: BodySource | undefined,
  method: string,
  body: 'buffer' | 'stream',
): Eventually<Admitted | AdmittedWithBody | AdmittedStream | Refused> {
  if (source === undefined) return proved.withBody('');
  return body === 'stream' && !BODILESS.has(method) ? proved.stream(source) : proved.buffer(source);
}

/**
 * The request again, with another body. Made of what the verifier was told, not of the request: a `Request` of
 * @hono/node-server is none to the runtime, and one of a subclass may say otherwise than it is.
 */
export function requestWithBody(
  request: Request,
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
): Request {
  const { url, method, headers, signal } = request;
  const init: RequestInit = { method, headers, signal, body, duplex: 'half' };
  // What Cloudflare tells of the client.
  return new Request(url, 'cf' in request ? Object.assign(init, { cf: request.cf }) : init);
}

/** The body of a verdict as a body of a Fetch `Request` or `Response`. */
export function verifiedBody(
  verdict: AdmittedWithBody | AdmittedStream,
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  return 'verified' in verdict ? readable(verdict.body) : new Uint8Array(verdict.body);
}

function announcesBody(headers: Headers): boolean {
  return headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0';
}

function notShown(): BodySource {
  const fails = (): never => {
    throw new Error('Fetch shows no body with this method');
  };
  return { [Symbol.asyncIterator]: fails };
}

async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** The body as a stream that reads no further than it is read. */
function readable(body: AsyncGenerator<Uint8Array, void, void>): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await body.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await body.return();
      },
    },
    { highWaterMark: 0 },
  );
}
