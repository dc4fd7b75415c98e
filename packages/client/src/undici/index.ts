/**
 * @countersign/client/undici: the signed call as an interceptor, `dispatcher.compose(countersign(signer))`. The rules
 * are those of `createFetch`, by the same code. It follows no redirects: undici does not, unless it is told to.
 *
 * @packageDocumentation
 */
import type { Dispatcher } from 'undici';
import { type CallOptions, isOwnOrigin, readCallOptions } from '../call-options.js';
import { createPacer } from '../pacing.js';
import { type Signer, signingCore } from '../signer.js';
import { type Signing, signedDispatch, signUpgrade } from './signed-dispatch.js';
import { createStableController } from './stable-controller.js';

export type { SignedDispatchOptions } from './signed-dispatch.js';

/**
 * Makes the interceptor. Place it inside of (before) any that dispatches again: to it each dispatch is a call of its
 * own, and signed anew. CONNECT passes unsigned; an upgrade is signed and sent once.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 */
export function countersign(
  signer: Signer,
  options: CallOptions = {},
): Dispatcher.DispatcherComposeInterceptor {
  const rules = readCallOptions(options);
  const signing: Signing = {
    core: signingCore(signer),
    rules,
    pacer: rules.pace ? createPacer() : undefined,
  };

  return (dispatch) => (request, handler) => {
    const origin = request.origin === undefined ? undefined : new URL(request.origin).origin;
    const foreign = !isOwnOrigin(rules, origin);
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
