/**
 * A `fetch` that signs, and keeps L14: one call is executed at most once, whatever is sent again. The rules are
 * `retry.ts`'s and `redirects.ts`'s, one fetch is `fetch-attempt.ts`'s; this file joins them.
 */
import { type TransmittedBody, takeBody } from './body.js';
import { type CallOptions, isOwnOrigin, readCallOptions } from './call-options.js';
import { OutcomeUnknownError } from './errors.js';
import { fetchOnce, type Hop, inheritedInit, type Transport, toAnswer } from './fetch-attempt.js';
import { keepResponse } from './kept-response.js';
import { requireType } from './option-kinds.js';
import type { Pacer, Pacing } from './pacing.js';
import { performCall } from './signed-call.js';
import { type Signer, signingCore } from './signer.js';

/** Options of `createFetch`: those of every signed call, and what sends. */
export interface FetchOptions extends CallOptions {
  /** What sends. Default: `globalThis.fetch`, looked up at each call. */
  readonly fetch?: typeof globalThis.fetch;
}

/** As `RequestInit` of `fetch`, with what is signed besides. */
export interface SignedRequestInit extends RequestInit {
  /** Default: the signer's. */
  scope?: string;
  /**
   * SHA-256 of the body: 64 lower-case hex digits. A stream that comes with it is sent as it is, and once; a stream
   * without it is read into memory.
   */
  digest?: string;
}

const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308]);

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
  const send = requireType<typeof globalThis.fetch>('fetch', fetch, 'function');
  let pacer: Promise<Pacer> | undefined;
  const pacingOf = async (url: string, scope: string): Promise<Pacing> => {
    pacer ??= import('./pacing.js').then(
      ({ createPacer }) => createPacer(),
      (cause: unknown) => {
        pacer = undefined;
        throw new TypeError('pace: pacing.js could not be loaded, and nothing was sent: call again', {
          cause,
        });
      },
    );
    return (await pacer)(new URL(url).origin, scope);
  };

  return async (input, init = {}) => {
    const request = new Request(input, { duplex: 'half', ...init } as RequestInit);
    const { scope = core.config.scope, digest } = init;
    const given = input instanceof Request ? input : undefined;
    const signal = (init.signal === undefined ? given?.signal : init.signal) ?? undefined;
    signal?.throwIfAborted();
    const body = await takeBody(request, init.body, digest !== undefined, signal);
    const transport: Transport = {
      send,
      init: given === undefined ? init : { ...inheritedInit(given), ...init },
      signal,
      attemptTimeoutMs: rules.attemptTimeoutMs,
    };

    const answerTo = async (hop: Hop, body: TransmittedBody): Promise<Response> => {
      const { url, method, headers } = hop;
      if (!hop.signed) return fetchOnce(transport, hop, body, {});
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
    const hop: Hop = { url, method, headers, signed: isOwnOrigin(rules, new URL(url).origin) };
    const response = await answerTo(hop, body);
    // Browsers show an opaque answer, which nobody can follow.
    const opaque = response.type === 'opaqueredirect';
    if (redirect === 'manual' || !(opaque || REDIRECT_STATUSES.has(response.status))) return response;
    if (redirect === 'error') throw new TypeError('redirected, and the redirect mode is "error"');
    if (opaque) return response;
    const { followRedirects } = await import('./redirects.js').catch(async (cause: unknown) => {
      // The request was answered, so it may have been executed.
      throw new OutcomeUnknownError(cause, await keepResponse(response));
    });
    return followRedirects(hop, response, REDIRECT_STATUSES, (next, executed) =>
      answerTo(next, { repeatable: true }).catch((error: unknown) => {
        // Whatever became of the GET, the request before it was answered.
        throw executed === undefined ? error : new OutcomeUnknownError(error, executed);
      }),
    );
  };
}
