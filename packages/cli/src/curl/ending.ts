/** How a call without an answer ends: the exit status and the line that says so. curl's statuses where curl has one. */
import {
  AlreadyAdmittedError,
  CanonicalError,
  ClockSkewError,
  CountersignError,
  OutcomeUnknownError,
  RateLimitedError,
  StoreUnavailableError,
} from '@countersign/client';
import { signingMistake } from '../request/signing.js';
import { UsageError } from '../terminal/usage-error.js';
import { spell } from './budget-lines.js';
import { type NetworkEnd, networkEnd } from './network-error.js';

/** Statuses of this command. curl's own end below 110. */
export const CURL_EXIT = {
  cutAnswer: 18,
  httpStatus: 22,
  cannotWrite: 23,
  timeout: 28,
  tooManyRedirects: 47,
  rateLimited: 110,
  storeUnavailable: 111,
  clockSkew: 112,
  outcomeUnknown: 113,
  alreadyAdmitted: 114,
} as const;

/** Why a call was given up before anything was sent. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
  readonly end: NetworkEnd;

  constructor(end: NetworkEnd) {
    super(end.text);
    this.end = end;
  }
}

const LOOK = 'the request may have been executed: look at the resource before you call again';

/**
 * @param reached whether a connection stood, so that something may have been sent
 * @throws UsageError for what could not be signed or sent at all
 */
export function callEnding(error: unknown, url: URL, reached: boolean): NetworkEnd {
  if (error instanceof UsageError) throw error;
  if (error instanceof NotSentError) return error.end;
  if (isTimeout(error)) {
    const outcome = reached ? LOOK : 'nothing was sent';
    return { status: CURL_EXIT.timeout, text: `no answer within --max-time: ${outcome}` };
  }
  if (error instanceof CountersignError) return countersignEnding(error, url, reached);
  if (error instanceof TypeError && error.message.startsWith('redirected')) {
    return { status: CURL_EXIT.tooManyRedirects, text: error.message };
  }
  const unsendable =
    error instanceof CanonicalError || error instanceof TypeError || error instanceof RangeError;
  if (!reached && unsendable) throw signingMistake(error, '--signature-header');
  return networkEnd(error, url);
}

export function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

function countersignEnding(error: CountersignError, url: URL, reached: boolean): NetworkEnd {
  const { message } = error;
  if (error instanceof RateLimitedError) {
    const { retryAfterMs, outcome } = error;
    const again =
      retryAfterMs === undefined ? message : `rate limited: call again in ${spell(retryAfterMs / 1000)}`;
    const before = outcome === 'unknown' ? `; an earlier attempt had no answer: ${LOOK}` : '';
    return { status: CURL_EXIT.rateLimited, text: again + before };
  }
  if (error instanceof StoreUnavailableError) return { status: CURL_EXIT.storeUnavailable, text: message };
  if (error instanceof ClockSkewError) return { status: CURL_EXIT.clockSkew, text: message };
  if (error instanceof AlreadyAdmittedError) return { status: CURL_EXIT.alreadyAdmitted, text: message };
  const cause = error instanceof OutcomeUnknownError && error.cause !== undefined ? error.cause : undefined;
  if (cause === undefined) return { status: CURL_EXIT.outcomeUnknown, text: message };
  const end = networkEnd(cause, url);
  return reached ? { status: CURL_EXIT.outcomeUnknown, text: `${end.text}: ${LOOK}` } : end;
}
