/**
 * @countersign/server: the verifier, keys, scopes, budgets and the memory store.
 *
 * @packageDocumentation
 */
export { ANY_HOST, type Audience } from '@countersign/canonical';
export { type AcceptanceWindow, acceptanceWindow, type Tolerance } from './acceptance-window.js';
export type { Received } from './adapter/fetch-request.js';
export {
  type Guard,
  type GuardAdmitted,
  type GuardOptions,
  type GuardRefused,
  guard,
} from './adapter/guard.js';
export type { AdapterOptions, BodyOptions } from './adapter/options.js';
export type { IncomingRequest } from './attempt.js';
export { type Clock, createClock } from './clock.js';
export type { Eventually } from './eventually.js';
export { forwardedAddress } from './failures/client-address.js';
export type { FailureOptions } from './failures/failure-meter.js';
export {
  type CachedDirectory,
  type CachedDirectoryOptions,
  cachedDirectory,
  type FindKey,
} from './keys/cached-directory.js';
export {
  type KeyAnswer,
  type KeyDirectory,
  KeyDirectoryError,
  type KeyDirectoryFailure,
} from './keys/directory.js';
export {
  defineKey,
  type ExpiringSecret,
  type Key,
  type KeyConfig,
  type Secret,
  type Time,
} from './keys/key.js';
export { keyring } from './keys/keyring.js';
export type { Limits } from './limits.js';
export { type MemoryStore, memoryStore } from './memory/memory-store.js';
export type { MemoryStoreOptions } from './memory/memory-store-options.js';
export type { VerifierOptions } from './options.js';
export { type ParsedRate, parseRate, type Rate } from './rate.js';
export { REFUSALS, type RefusalCode } from './refusals.js';
export { type RouteOptions, requireRouteOptions } from './route.js';
export { routeScopes } from './route-scopes.js';
export type { SignedRequest } from './signed-request.js';
export { BodyRefusedError, type BodySource, type VerifiedStream } from './steps/body.js';
export type { RouteScope } from './steps/scope.js';
export type { Admission, AdmissionResult, BudgetLevel, Charge, Store } from './store.js';
export type {
  Admitted,
  AdmittedStream,
  AdmittedWithBody,
  ProblemDetails,
  Proved,
  ProvedHead,
  ProvedKey,
  Refused,
  Verdict,
  VerdictEvent,
} from './verdict.js';
export { createVerifier, type Verifier, type VerifyOptions } from './verifier.js';
