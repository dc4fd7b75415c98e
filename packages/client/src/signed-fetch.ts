/**
 * A `fetch` that signs, and keeps L14: one call is executed at most once, whatever is sent again. The rules are
 * `retry.ts`'s and `redirects.ts`'s, one fetch is `fetch-attempt.ts`'s; this file joins them.
 */
import { type TransmittedBody, takeBody } from './body.js';
import { type CallOptions, isOwnOrigin, readCallOptions } from './call-options.js';
import { OutcomeUnknownError } from './errors.js';
import { dropBody, fetchOnce, inheritedInit, type Transport, toAnswer } from './fetch-attempt.js';
import { requireFunction } from './option-kinds.js';
import type { Pacer, Pacing } from './pacing.js';
import { type Hop, isRedirect, MAX_REDIRECTS, nextHop } from './redirects.js';
import { performCall } from './signed-call.js';
import { type Signer, signingCore } from './signer.js';

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
  const { fetch = (url, init) => globalThis.fetch(url, init) } = options;
  const send = requireFunction<typeof globalThis.fetch>('fetch', fetch);
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
    let body = await takeBody(request, init.body, digest !== undefined, signal);
    const transport: Transport = {
      send,
      init: given === undefined ? init : { ...inheritedInit(given), ...init },
      signal,
      attemptTimeoutMs: rules.attemptTimeoutMs,
    };

    const fetchSigned = async (hop: Hop, body: TransmittedBody): Promise<Response> => {
      const { url, method, headers } = hop;
      const bytes = body.repeatable ? body.content : undefined;
      const call = {
        request: { method, url, headers, scope, body: bytes, digest: body.content && digest },
        repeatable: body.repeatable,
        signal,
        pacing: rules.pace ? await pacingOf(url, scope) : undefined,
      };
      return performCall(core, rules, call, async (fields) =>
        toAnswer(await fetchOnce(transport, hop, body, fields)),
      );
    };

    const { url, method, headers, redirect } = request;
    let hop: Hop = { url, method, headers, signed: isOwnOrigin(rules, new URL(url).origin) };
    let executed: Response | undefined;
    for (let redirects = 0; ; redirects++) {
      const response = await (hop.signed
        ? fetchSigned(hop, body)
        : fetchOnce(transport, hop, body, {})
      ).catch((error: unknown) => {
        // Whatever became of the GET, the request before it was answered.
        throw executed === undefined ? error : new OutcomeUnknownError(error, executed);
      });
      if (redirects > 0) Object.defineProperty(response, 'redirected', { value: true });
      if (redirect === 'error' && isRedirect(response)) {
        throw new TypeError('redirected, and the redirect mode is "error"');
      }
      const next = redirect === 'follow' ? nextHop(hop, response) : undefined;
      if (next === undefined) return response;
      dropBody(response);
      if (next.method !== hop.method) executed = response;
      if (redirects === MAX_REDIRECTS) throw new TypeError(`redirected more than ${MAX_REDIRECTS} times`);
      hop = next;
      body = { repeatable: true };
    }
  };
}
