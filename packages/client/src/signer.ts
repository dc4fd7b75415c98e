/**
 * The signer: a key made ready for use. It signs what it is given; sending, and sending again, is `createFetch`'s.
 */

import type { ClientClock } from './client-clock.js';
import { makeSignature, type Signature, type SignInput } from './signature.js';
import { readSignerOptions, type SignerOptions, type SigningConfig } from './signing-options.js';

/** A key made ready to sign with. It holds the correction of the clock for all calls that use it. */
export interface Signer {
  /**
   * The header fields to add to a request: the signature, under its field's name in lower case, and with `debug` the
   * field `countersign-debug`. For one request, sent once.
   *
   * @throws CanonicalError, TypeError or RangeError that says what cannot be signed
   */
  sign(input: SignInput): Record<string, string>;
  /**
   * A request like this one with the signature added, to be sent once. Reads the body into memory and so uses the
   * given request up. Rejects as `sign` throws.
   */
  signRequest(
    request: Request,
    options?: { readonly scope?: string; readonly audience?: string },
  ): Promise<Request>;
}

/** What `createFetch` and the undici interceptor need of a signer beyond its surface. */
export interface SigningCore {
  readonly config: SigningConfig;
  /** One for all calls of this signer: its key belongs to one service, which has one clock. */
  readonly clock: ClientClock;
  readonly signature: (input: SignInput) => Signature;
}

const cores = new WeakMap<Signer, SigningCore>();

/**
 * Makes a signer.
 *
 * @throws TypeError that names the option that is wrong
 */
export function createSigner(options: SignerOptions): Signer {
  const config = readSignerOptions(options);
  const clock: ClientClock = { offsetMs: 0 };
  const signature = (input: SignInput): Signature => makeSignature(config, clock, input);
  const signer: Signer = {
    sign: (input) => signature(input).fields,
    signRequest: async (request, { scope, audience } = {}) => {
      const { method, url } = request;
      const body = new Uint8Array(await request.arrayBuffer());
      const headers = new Headers(request.headers);
      for (const [name, value] of Object.entries(
        signer.sign({ method, url, headers, body, scope, audience }),
      )) {
        headers.set(name, value);
      }
      return new Request(request, method === 'GET' || method === 'HEAD' ? { headers } : { headers, body });
    },
  };
  cores.set(signer, { config, clock, signature });
  return signer;
}

/** @throws TypeError when this is not a signer made by `createSigner` */
export function signingCore(signer: Signer): SigningCore {
  const core = cores.get(signer);
  if (core === undefined) throw new TypeError('signer: expected what createSigner returns');
  return core;
}
