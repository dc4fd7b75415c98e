/**
 * The verifier: a request in, a verdict out. It reads no socket and writes no answer; adapters do.
 */
import type { IncomingRequest } from './attempt.js';
import { after, type Eventually } from './eventually.js';
import { configure, type VerifierOptions } from './options.js';
import { type RouteOptions, requireRouteOptions } from './route.js';
import type { ProvedHead, Refused, Verdict } from './verdict.js';
import { verifyHead } from './verify-head.js';

/** What `verify` is told beside the request. */
export interface VerifyOptions extends RouteOptions {
  /** The whole body, where the caller has it; a text is taken as UTF-8. Empty for none. */
  readonly body?: Uint8Array | string;
}

/** Verifies requests and admits them (spec 3). Made by `createVerifier`. */
export interface Verifier {
  /** The field that carries the signature, in lower case. */
  readonly signatureField: string;
  /**
   * Verifies a request and admits it: every step of spec 3. Answers at once where keys and store do.
   *
   * Never throws for what a request holds; TypeError or RangeError for wrong options.
   */
  verify(
    request: IncomingRequest,
    options: VerifyOptions & { readonly body: Uint8Array | string },
  ): Eventually<Verdict>;
  /** Verifies a head alone: steps 1 to 5. The verdict offers what is left; nothing has been admitted yet. */
  verify(request: IncomingRequest, options?: RouteOptions): Eventually<ProvedHead | Refused>;
  /** Lets go of the store. */
  close(): void | Promise<void>;
}

/**
 * Makes a verifier.
 *
 * @throws TypeError or RangeError that names the option
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const config = configure(options);

  function verify(
    request: IncomingRequest,
    route: VerifyOptions & { body: Uint8Array | string },
  ): Eventually<Verdict>;
  function verify(request: IncomingRequest, route?: RouteOptions): Eventually<ProvedHead | Refused>;
  function verify(request: IncomingRequest, route: VerifyOptions = {}): Eventually<ProvedHead | Verdict> {
    requireRouteOptions(route);
    const head = verifyHead(config, request, route);
    const { body } = route;
    return body === undefined ? head : after(head, (proved) => (proved.ok ? proved.withBody(body) : proved));
  }

  return {
    signatureField: config.policy.signatureField,
    verify,
    close: () => config.store.close?.(),
  };
}
