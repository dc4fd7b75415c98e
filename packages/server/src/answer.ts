/**
 * Answers: a refusal as status, fields and problem document (RFC 9457), an admission as fields. Which refusal it is,
 * the steps decide.
 */
import {
  formatVerdict,
  type ReadRequest,
  SCHEME,
  type SecretKey,
  VERDICT_FIELD,
} from '@countersign/canonical';
import { rateLimitFields } from './rate-limit-fields.js';
import { REFUSALS, type Refusal } from './refusals.js';
import type { BudgetLevel } from './store.js';
import type { ProblemDetails, Refused } from './verdict.js';

const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded';

/** Who is answered: known once the key was proved. */
export interface ProvedCaller {
  readonly request: ReadRequest;
  readonly secret: SecretKey;
}

/** Puts a refusal into the form that goes over the wire, authenticated when the caller proved a key. */
export function refusedAnswer(
  refusal: Refusal,
  nowMs: number,
  closeConnection: boolean,
  caller: ProvedCaller | undefined,
): Refused {
  const { refused: code, retryAfterMs, deadSinceMs, levels = [], members } = refusal;
  const { status, title, detail } = REFUSALS[code];
  const type = code === 'rate-limited' ? QUOTA_EXCEEDED : `urn:countersign:problem:${code}`;
  const problem: ProblemDetails = { type, title, status, detail, code, ...members };
  const headers = rateLimitFields(levels);
  headers['content-type'] = 'application/problem+json';
  headers['cache-control'] = 'no-store';
  if (status === 401) headers['www-authenticate'] = SCHEME;
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000));
  if (caller !== undefined) {
    const verdict = {
      code,
      timeMs: nowMs,
      deadSinceMs: deadSinceMs && Math.ceil(deadSinceMs),
      retryAfterMs: retryAfterMs && Math.ceil(retryAfterMs),
    };
    headers[VERDICT_FIELD] = formatVerdict(caller.secret, caller.request.authorization, verdict);
  }
  const refused: Refused = { ok: false, code, status, headers, problem, closeConnection };
  return retryAfterMs === undefined ? refused : Object.assign(refused, { retryAfterMs });
}

/** The fields that an admitted request adds to its answer. */
export function admittedFields(
  levels: readonly BudgetLevel[],
  signatureField: string,
): Record<string, string> {
  const headers = rateLimitFields(levels);
  headers['cache-control'] = 'private';
  headers['vary'] = signatureField;
  return headers;
}

/** The authenticated verdict of an admission. */
export function receipt({ request, secret }: ProvedCaller, nowMs: number): string {
  const verdict = { code: 'admitted', timeMs: nowMs, deadSinceMs: nowMs };
  return formatVerdict(secret, request.authorization, verdict);
}
