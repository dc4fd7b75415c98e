/** One fetch of a call: the request as it is sent, and its answer as the call sees it. It decides nothing. */
import type { TransmittedBody } from './body.js';
import { keepResponse } from './kept-response.js';
import type { Answer } from './signed-call.js';

/** A request on its way through redirects. */
export interface Hop {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  /** Whether it goes to the origin that the caller named. Once left, nothing is signed any more. */
  readonly signed: boolean;
}

/** What all fetches of a call have in common. */
export interface Transport {
  readonly send: typeof globalThis.fetch;
  /** The caller's, with whatever its fetch understands besides. */
  readonly init: object;
  readonly signal: AbortSignal | undefined;
  readonly attemptTimeoutMs: number | undefined;
}

/** Sends a request with these fields added or replaced. Follows no redirect. */
export async function fetchOnce(
  { send, init, signal, attemptTimeoutMs }: Transport,
  hop: Hop,
  body: TransmittedBody,
  added: Record<string, string>,
): Promise<Response> {
  const headers = new Headers(hop.headers);
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  // The limit is for the head of the answer: its body is under the caller's signal alone.
  const limit = attemptTimeoutMs === undefined ? undefined : new AbortController();
  const timer =
    limit &&
    setTimeout(() => {
      limit.abort(new DOMException(`no answer within ${attemptTimeoutMs} ms`, 'TimeoutError'));
    }, attemptTimeoutMs);
  try {
    return await send(hop.url, {
      ...init,
      method: hop.method,
      headers,
      body: body.content ?? null,
      redirect: 'manual',
      signal: limit && signal ? AbortSignal.any([limit.signal, signal]) : (limit?.signal ?? signal ?? null),
      ...(body.repeatable ? {} : { duplex: 'half' }),
    } as RequestInit);
  } finally {
    clearTimeout(timer);
  }
}

export function toAnswer(response: Response): Answer<Response> {
  return {
    status: response.status,
    field: (name) => response.headers.get(name),
    value: response,
    keep: () => keepResponse(response),
    // One that was cut meanwhile has nothing left to let go of.
    drop: () => void response.body?.cancel().catch(() => {}),
  };
}

/** What a passed `Request` says besides its method, target, fields and body. */
export function inheritedInit(request: Request): object {
  const { cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy } = request;
  return { cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy };
}
