/** One fetch of a call: the request as it is sent, and its answer as the call sees it. It decides nothing. */
import type { TransmittedBody } from './body.js';
import { keepResponse } from './kept-response.js';
import type { Hop } from './redirects.js';
import type { Answer } from './signed-call.js';

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
  const head = headSignal(signal, attemptTimeoutMs);
  try {
    return await send(hop.url, {
      ...init,
      method: hop.method,
      headers,
      body: body.content ?? null,
      redirect: 'manual',
      signal: head.signal ?? null,
      ...(body.repeatable ? {} : { duplex: 'half' }),
    } as RequestInit);
  } finally {
    head.came();
  }
}

export function toAnswer(response: Response): Answer<Response> {
  return {
    status: response.status,
    field: (name) => response.headers.get(name),
    value: response,
    keep: () => keepResponse(response),
    drop: () => dropBody(response),
  };
}

/** Lets go of a body. One that was cut meanwhile has nothing left to let go of. */
export function dropBody(response: Response): void {
  response.body?.cancel().catch(() => {});
}

/** What a passed `Request` says besides its method, target, fields and body. */
export function inheritedInit(request: Request): object {
  const { cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy } = request;
  return { cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy };
}

/** The caller's signal, and the limit for the head of the answer. Its body is under the caller's alone. */
function headSignal(
  signal: AbortSignal | undefined,
  timeoutMs: number | undefined,
): { signal: AbortSignal | undefined; came: () => void } {
  if (timeoutMs === undefined) return { signal, came: () => {} };
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError'));
  }, timeoutMs);
  return {
    signal: signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]),
    came: () => clearTimeout(timer),
  };
}
