/**
 * The authenticated verdict (spec 2.4): the field in which a server that has proved a key tells its holder what became
 * of a request. The MAC binds it to that one request, so it cannot be played back for another.
 */
import { constantTimeEqual } from './constant-time.js';
import type { SecretKey } from './secret.js';

const VERDICT_SCHEME = 'CS1-VERDICT-HMAC-SHA256';
const VALUE =
  /^code="([a-z-]{1,64})", time="([1-9][0-9]{12})", dead-since="([1-9][0-9]{12}|)", retry-after-ms="([0-9]{0,15})", sig="([0-9a-f]{64})"$/;

/** What a verdict says. */
export interface VerdictFields {
  /** A refusal code, or `admitted`. */
  readonly code: string;
  /** The server's clock, Unix time in milliseconds. */
  readonly timeMs: number;
  /** Since when this signature can no longer be admitted, by the server's clock; absent when it still can. */
  readonly deadSinceMs?: number | undefined;
  /** After how many milliseconds the same signed request may be tried again; absent when that is not known. */
  readonly retryAfterMs?: number | undefined;
}

/** The signed request that a verdict is about. */
export interface VerdictSubject {
  /** Its key id. */
  readonly key: string;
  /** Its nonce. */
  readonly nonce: string;
  /** Its signature: what binds the verdict to this very request. */
  readonly sig: string;
}

/** Writes the value of `Countersign-Verdict`. Times are whole milliseconds of 13 digits (from September 2001 on). */
export function formatVerdict(secret: SecretKey, subject: VerdictSubject, verdict: VerdictFields): string {
  const { code, timeMs, deadSinceMs = '', retryAfterMs = '' } = verdict;
  const sig = secret.hmacHex(verdictText(subject, [code, timeMs, deadSinceMs, retryAfterMs]));
  return `code="${code}", time="${timeMs}", dead-since="${deadSinceMs}", retry-after-ms="${retryAfterMs}", sig="${sig}"`;
}

/** Reads a verdict about `subject`; `undefined` when it is malformed or not authentic, for whatever reason. */
export function openVerdict(
  secret: SecretKey,
  subject: VerdictSubject,
  value: string,
): VerdictFields | undefined {
  const match = VALUE.exec(value);
  if (match === null) return undefined;
  const [, code = '', time, deadSince, retryAfterMs, sig = ''] = match;
  const expected = secret.hmacHex(verdictText(subject, [code, time, deadSince, retryAfterMs]));
  if (!constantTimeEqual(expected, sig)) return undefined;
  return {
    code,
    timeMs: Number(time),
    deadSinceMs: deadSince ? Number(deadSince) : undefined,
    retryAfterMs: retryAfterMs ? Number(retryAfterMs) : undefined,
  };
}

/** The text that is MACed: eight lines, a scheme name of its own first, and the four parameters in their order last. */
function verdictText({ key, nonce, sig }: VerdictSubject, parameters: readonly unknown[]): string {
  return [VERDICT_SCHEME, key, nonce, sig, ...parameters].join('\n');
}
