/**
 * @countersign/client: signs requests, and sends them so that one call is executed at most once.
 *
 * @packageDocumentation
 */
export { CanonicalError } from '@countersign/canonical';
export type { CallOptions } from './call-options.js';
export {
  AlreadyAdmittedError,
  ClockSkewError,
  CountersignError,
  type Outcome,
  OutcomeUnknownError,
  RateLimitedError,
  StoreUnavailableError,
} from './errors.js';
export type { HeadersInput, SignInput } from './signature.js';
export { createFetch, type FetchOptions, type SignedFetch, type SignedRequestInit } from './signed-fetch.js';
export { createSigner, type Signer } from './signer.js';
export type { SignerOptions } from './signing-options.js';
