/**
 * Every refusal code with its status and its words (spec 3). The words are for the one who reads the answer and tell
 * what to do; the rich reason of a single case goes to the operator's `onVerdict`.
 */
import type { RequestRefusal } from '@countersign/canonical';
import type { BudgetLevel } from './store.js';

/** How a refusal is answered. */
interface RefusalText {
  /** The HTTP status. */
  readonly status: number;
  /** The `title` of the problem document. */
  readonly title: string;
  /** The `detail` of the problem document: what to do. */
  readonly detail: string;
}

/** A stable refusal code. */
export type RefusalCode =
  | RequestRefusal
  | 'invalid-signature'
  | 'stale-timestamp'
  | 'future-timestamp'
  | 'scope-mismatch'
  | 'scope-not-granted'
  | 'body-too-large'
  | 'body-timeout'
  | 'digest-mismatch'
  | 'replayed-nonce'
  | 'rate-limited'
  | 'too-many-failures'
  | 'store-unavailable'
  | 'store-recovering';

/** Every refusal code with its HTTP status and its words. */
export const REFUSALS: Readonly<Record<RefusalCode, RefusalText>> = {
  'missing-signature': {
    status: 401,
    title: 'The request is not signed',
    detail: 'Sign the request with CS1-HMAC-SHA256 and send the signature in the signature field.',
  },
  'malformed-signature': {
    status: 401,
    title: 'The signature field is malformed',
    detail:
      'The field has one form: seven quoted parameters in their order, on one line, at most 2048 bytes.',
  },
  'invalid-signature': {
    status: 401,
    title: 'The signature is not valid',
    detail: 'The key is not usable here, or the request that arrived is not the one that was signed.',
  },
  'stale-timestamp': {
    status: 401,
    title: 'The signature is too old',
    detail: 'Correct the clock by the time in Countersign-Verdict and sign the request anew.',
  },
  'future-timestamp': {
    status: 401,
    title: 'The signature is from the future',
    detail: 'Correct the clock by the time in Countersign-Verdict.',
  },
  'malformed-request': {
    status: 400,
    title: 'The request cannot be verified',
    detail:
      'The method, the Host field or a header field is malformed, repeated, absent or present without being signed.',
  },
  'malformed-target': {
    status: 400,
    title: 'The request target is malformed',
    detail: 'Send an origin-form or http(s) target with well-formed percent-encoding.',
  },
  'ambiguous-target': {
    status: 400,
    title: 'The request target is ambiguous',
    detail: 'Resolve dot segments before signing and sending.',
  },
  'digest-mismatch': {
    status: 400,
    title: 'The body is not the one that was signed',
    detail: 'The SHA-256 of the body as it arrived differs from the signed digest.',
  },
  'scope-mismatch': {
    status: 403,
    title: 'The signed scope is not that of the route',
    detail: 'Sign with the scope of the route, or with none.',
  },
  'scope-not-granted': {
    status: 403,
    title: 'The key is not granted this scope',
    detail: 'Ask the operator of the API to grant the scope to this key.',
  },
  'body-timeout': {
    status: 408,
    title: 'The body did not arrive in time',
    detail: 'Send the same signed request again.',
  },
  'replayed-nonce': {
    status: 409,
    title: 'This request was already admitted',
    detail:
      'This signature has been admitted once. It may have been executed; do not sign the same call again blindly.',
  },
  'body-too-large': { status: 413, title: 'The body is too large', detail: 'Send a smaller body.' },
  'wrong-audience': {
    status: 421,
    title: 'The request addresses another service',
    detail: 'Send the request to the authority it is meant for.',
  },
  'rate-limited': {
    status: 429,
    title: 'A budget is spent',
    detail: 'Nothing was charged. Send the same signed request again after the time in Retry-After.',
  },
  'too-many-failures': {
    status: 429,
    title: 'Too many refused requests from this address',
    detail: 'Requests with a valid signature are still admitted.',
  },
  'store-unavailable': {
    status: 503,
    title: 'The request cannot be counted now',
    detail: 'Send the same signed request again after the time in Retry-After.',
  },
  'store-recovering': {
    status: 503,
    title: 'The replay memory is recovering',
    detail:
      'This signature is older than what the server can vouch for. Sign anew after the time in Retry-After.',
  },
};

/** A step's refusal, before it is put into words for the caller. */
export interface Refusal {
  readonly refused: RefusalCode;
  /** For the operator. */
  readonly reason: string;
  readonly retryAfterMs?: number;
  /** Since when the signature is certainly dead; only where it is. */
  readonly deadSinceMs?: number;
  readonly levels?: readonly BudgetLevel[];
  /** Further members of the problem document. */
  readonly members?: Readonly<Record<string, unknown>>;
}

export function refusal(refused: RefusalCode, reason: string, more: Partial<Refusal> = {}): Refusal {
  return { refused, reason, ...more };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value;
}
