/**
 * A `fetch` that signs, and keeps L14: one call is executed at most once, whatever is sent again. The rules are
 * `retry.ts`'s and `redirects.ts`'s; this file turns them into fetches.
 */
import { type TransmittedBody, takeBody } from './body.js';
import { type CallOptions, readCallOptions } from './call-options.js';
import { keepResponse } from './kept-response.js';
import type { Pacer, Pacing } from './pacing.js';
import { type Hop, isRedirect, MAX_REDIRECTS, nextHop } from './redirects.js';
import { type Answer, performCall } from './signed-call.js';
import { type Signer, signingCore } from './signer.js';
import { requireFunction } from './signing-options.js';

export interface FetchOptions extends CallOptions {
  /** What sends. Default: `globalThis.fetch`, looked up at each call. */
  readonly fetch?: typeof globalThis.fetch;
}

export interface SignedRequestInit extends RequestInit {
  /** Default: the signer's. */
  scope?: string;
  /**
   * SHA-256 of the body: 64 lower-case hex digits. A stream that comes with it is sent as it is, and once; a stream
   * without it is read into memory.
   */
  digest?: string;
}

/** As `fetch`, with `scope` and `digest` besides. */
export type SignedFetch = (input: string | URL | Request, init?: SignedRequestInit) => Promise<Response>;

/**
 * Makes a signed `fetch`. Its calls reject with a `CountersignError`, with the signal's reason, or as `fetch` does.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 */
export function createFetch(signer: Signer, options: FetchOptions = {}): SignedFetch {
  const core = signingCore(signer);
  const rules = readCallOptions(options);
  const send = requireFunction('fetch', options.fetch ?? ((url, init) => globalThis.fetch(url, init)));
  let pacer: Promise<Pacer> | undefined;
  const pacingOf = async (url: string, scope: string): Promise<Pacing> => {
    pacer ??= import('./pacing.js').then(({ createPacer }) => createPacer());
    return (await pacer)(new URL(url).origin, scope);
  };

  return async (input, init = {}) => {
    const request = new Request(input, { duplex: 'half', ...init } as RequestInit);
    const { scope = core.config.scope, digest } = init;
    const given = input instanceof Request ? input : undefined;
    const signal = (init.signal === undefined ? given?.signal : init.signal) ?? undefined;
    signal?.throwIfAborted();
    const body = await takeBody(request, init.body, digest !== undefined, signal);
    const passedOn = given === undefined ? init : { ...inherited(given), ...init };

    const fetchHop = async (
      hop: Hop,
      added: Record<string, string>,
      sent: TransmittedBody,
    ): Promise<Response> => {
      const headers = new Headers(hop.headers);
      for (const [name, value] of Object.entries(added)) headers.set(name, value);
      const attempt = attemptSignal(signal, rules.attemptTimeoutMs);
      try {
        return await send(hop.url, {
          ...passedOn,
          method: hop.method,
          headers,
          body: sent.content ?? null,
          redirect: 'manual',
          signal: attempt.signal ?? null,
          ...(sent.repeatable ? {} : { duplex: 'half' }),
        } as RequestInit);
      } finally {
        attempt.answered();
      }
    };

    const fetchSigned = async (hop: Hop, sent: TransmittedBody): Promise<Response> => {
      const { url, method, headers } = hop;
      const bytes = sent.repeatable ? sent.content : undefined;
      const signInput = { method, url, headers, body: bytes, scope, digest: sent.content && digest };
      const pacing = rules.pace ? await pacingOf(url, scope) : undefined;
      const call = { request: signInput, repeatable: sent.repeatable, signal, pacing };
      return performCall(core, rules, call, async (added) => toAnswer(await fetchHop(hop, added, sent)));
    };

    let hop: Hop | undefined = {
      url: request.url,
      method: request.method,
      headers: request.headers,
      signed: true,
    };
    let sent = body;
    for (let redirects = 0; ; redirects++) {
      const response: Response = hop.signed ? await fetchSigned(hop, sent) : await fetchHop(hop, {}, sent);
      if (redirects > 0) Object.defineProperty(response, 'redirected', { value: true });
      if (request.redirect === 'error' && isRedirect(response))
        throw new TypeError('redirected, and redirect is "error"');
      hop = request.redirect === 'follow' ? nextHop(hop, response) : undefined;
      if (hop === undefined) return response;
      void response.body?.cancel();
      if (redirects === MAX_REDIRECTS) throw new TypeError(`redirected more than ${MAX_REDIRECTS} times`);
      sent = { repeatable: true };
    }
  };
}

function toAnswer(response: Response): Answer<Response> {
  return {
    status: response.status,
    field: (name) => response.headers.get(name),
    value: response,
    keep: () => keepResponse(response),
    drop: () => void response.body?.cancel().catch(() => {}),
  };
}

/** A signal for the head of one answer: the caller's, and the limit. The body is under the caller's alone. */
function attemptSignal(
  signal: AbortSignal | undefined,
  timeoutMs: number | undefined,
): { signal: AbortSignal | undefined; answered: () => void } {
  if (timeoutMs === undefined) return { signal, answered: () => {} };
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError'));
  }, timeoutMs);
  return {
    signal: signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]),
    answered: () => clearTimeout(timer),
  };
}

/** What a passed `Request` says besides its method, target, fields and body. */
function inherited(
  request: Request,
): Pick<
  Request,
  'cache' | 'credentials' | 'integrity' | 'keepalive' | 'mode' | 'referrer' | 'referrerPolicy'
> {
  const { cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy } = request;
  return { cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy };
}
