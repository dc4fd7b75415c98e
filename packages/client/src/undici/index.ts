/**
 * @countersign/client/undici: the signed call as an interceptor, `dispatcher.compose(countersign(signer))`. The rules
 * are those of `createFetch`, by the same code. It follows no redirects: undici does not, unless it is told to.
 */
import type { Dispatcher } from 'undici';
import { type CallOptions, readCallOptions } from '../call-options.js';
import { requireList, shown } from '../option-kinds.js';
import { createPacer } from '../pacing.js';
import { type Signer, signingCore } from '../signer.js';
import { type Signing, signedDispatch, signUpgrade } from './signed-dispatch.js';
import { createStableController } from './stable-controller.js';

export type { SignedDispatchOptions } from './signed-dispatch.js';

export interface InterceptorOptions extends CallOptions {
  /**
   * Sign only requests to these origins; others pass as they are. Default: all. Needed where the dispatcher goes to
   * several origins and the signer has a fixed `audience`, above all when redirects are followed.
   */
  readonly origins?: readonly string[];
}

/**
 * Makes the interceptor. Place it inside of (before) any that dispatches again: to it each dispatch is a call of its
 * own, and signed anew. CONNECT passes unsigned; an upgrade is signed and sent once.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 */
export function countersign(
  signer: Signer,
  options: InterceptorOptions = {},
): Dispatcher.DispatcherComposeInterceptor {
  const rules = readCallOptions(options);
  const signing: Signing = {
    core: signingCore(signer),
    rules,
    pacer: rules.pace ? createPacer() : undefined,
  };
  const origins = options.origins === undefined ? undefined : readOrigins(options.origins);

  return (dispatch) => (request, handler) => {
    const origin = request.origin === undefined ? undefined : new URL(request.origin).origin;
    const foreign = origins !== undefined && (origin === undefined || !origins.has(origin));
    if (request.method === 'CONNECT' || foreign) return dispatch(request, handler);
    if (request.upgrade) return dispatch(signUpgrade(signing, request, origin), handler);

    const outer = createStableController();
    handler.onRequestStart?.(outer, {});
    signedDispatch(signing, dispatch, request, origin, handler, outer)
      .then((deliver) => deliver())
      .catch((error: Error) => handler.onResponseError?.(outer, error));
    return true;
  };
}

function readOrigins(origins: readonly unknown[]): ReadonlySet<string> {
  return new Set(
    requireList('origins', origins).map((origin) => {
      if (typeof origin === 'string' && URL.canParse(origin)) return new URL(origin).origin;
      throw new TypeError(`origins: ${shown(origin)} is not an origin such as "https://api.example.com"`);
    }),
  );
}
