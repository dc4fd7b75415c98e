/**
 * The body of an undici request as it will be transmitted. Everything is turned into bytes that can be sent twice, but
 * a stream that comes with its digest: that one is passed on as it is, once.
 */
import { untilAborted } from '../sleep.js';

type Chunks = AsyncIterable<unknown> | Iterable<unknown>;

/** `repeatable`: whether it can be sent twice. */
type DispatchBody =
  | {
      readonly repeatable: true;
      readonly content?: string | Uint8Array;
      /** What undici would add for such a body where the request has no content-type. */
      readonly contentType?: string;
    }
  | { readonly repeatable: false; readonly content: Chunks };

/**
 * Reads a body option of undici: text, bytes, FormData, Blob, a stream or iterable of text or bytes, or nothing.
 *
 * @param digest whether the caller named the digest
 * @throws TypeError for anything else
 */
export async function readDispatchBody(
  body: unknown,
  digest: boolean,
  signal: AbortSignal,
): Promise<DispatchBody> {
  if (body === undefined || body === null) return { repeatable: true };
  if (typeof body === 'string' || body instanceof Uint8Array) return { content: body, repeatable: true };
  if (body instanceof ArrayBuffer) return { content: new Uint8Array(body), repeatable: true };
  if (ArrayBuffer.isView(body)) {
    return { content: new Uint8Array(body.buffer, body.byteOffset, body.byteLength), repeatable: true };
  }
  if (isFormData(body)) return readTyped(copyOf(body), signal);
  if (body instanceof Blob) return readTyped(body, signal);
  if (!isIterable(body)) {
    throw new TypeError('body: expected text, bytes, FormData, a Blob, a stream or an iterable');
  }
  if (digest) return { content: body, repeatable: false };
  return { content: await untilAborted(collect(body), signal), repeatable: true };
}

async function readTyped(body: FormData | Blob, signal: AbortSignal): Promise<DispatchBody> {
  const response = new Response(body);
  const contentType = response.headers.get('content-type');
  const content = new Uint8Array(await untilAborted(response.arrayBuffer(), signal));
  return { content, repeatable: true, ...(contentType ? { contentType } : {}) };
}

async function collect(body: Chunks): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
      throw new TypeError('body: the stream gives something else than text or bytes');
    }
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  }
  return Buffer.concat(chunks);
}

/** The FormData of the undici package is another class than the global one. */
function isFormData(body: unknown): body is FormData {
  return Object.prototype.toString.call(body) === '[object FormData]';
}

function copyOf(form: FormData): FormData {
  const copy = new FormData();
  for (const [name, value] of form) {
    if (typeof value === 'string') copy.append(name, value);
    else copy.append(name, value, value.name);
  }
  return copy;
}

function isIterable(body: unknown): body is Chunks {
  return (
    typeof body === 'object' && body !== null && (Symbol.asyncIterator in body || Symbol.iterator in body)
  );
}
