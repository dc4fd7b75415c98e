/**
 * The body of a Fetch request as it will be transmitted. Everything is read into memory and can be sent twice, but a
 * stream that comes with its digest: that one is passed on as it is, once.
 */
import { untilAborted } from './sleep.js';

/** `repeatable`: whether it can be sent twice. */
export type TransmittedBody =
  | { readonly repeatable: true; readonly content?: Uint8Array<ArrayBuffer> | undefined }
  | { readonly repeatable: false; readonly content: ReadableStream };

/**
 * Takes the body out of a request.
 *
 * @param request made from what the caller passed; FormData and the like have their content-type in it
 * @param given `init.body`; null or undefined when the body, if any, is that of a `Request` that was passed
 * @param digest whether the caller named the digest
 */
export async function takeBody(
  request: Request,
  given: unknown,
  digest: boolean,
  signal: AbortSignal | undefined,
): Promise<TransmittedBody> {
  const { body } = request;
  if (body === null) return { repeatable: true };
  if (digest && body !== undefined && isStream(given ?? body)) return { content: body, repeatable: false };
  const bytes = await untilAborted(request.arrayBuffer(), signal);
  return { content: bytes.byteLength > 0 ? new Uint8Array(bytes) : undefined, repeatable: true };
}

function isStream(body: unknown): boolean {
  return body instanceof ReadableStream || Symbol.asyncIterator in Object(body);
}
