/** What a `Countersign-Verdict` says about a request, and whether it is authentic. */
import {
  importSecret,
  openVerdict,
  parseAuthorization,
  VERDICT_FIELD,
  type VerdictFields,
} from '@countersign/canonical';
import { fieldValue } from '../request/header-lines.js';
import { spell } from './budget-lines.js';
import type { ReceivedHead, SentRequest } from './transport.js';

export type ReadVerdict = (sent: SentRequest, head: ReceivedHead) => VerdictReading;

export type VerdictReading =
  | { readonly kind: 'verified'; readonly verdict: VerdictFields }
  | { readonly kind: 'not-verified' }
  | { readonly kind: 'none' };

/** Reads verdicts under this secret. `field`: the one that carries the signature. */
export function verdictReader(secret: Uint8Array, field: string): ReadVerdict {
  const key = importSecret(secret);
  return (sent, head) => {
    const value = fieldValue(head.lines, VERDICT_FIELD);
    if (value === undefined) return { kind: 'none' };
    const signature = fieldValue(sent.lines, field);
    const verdict =
      signature === undefined ? undefined : openVerdict(key, parseAuthorization(signature, field), value);
    return verdict === undefined ? { kind: 'not-verified' } : { kind: 'verified', verdict };
  };
}

/** For people. */
export function verdictLine(reading: VerdictReading): string {
  if (reading.kind === 'none') return 'verdict: none';
  if (reading.kind === 'not-verified') {
    return 'verdict: NOT VERIFIED: made under another secret, or about another request';
  }
  const { code, timeMs, deadSinceMs, retryAfterMs } = reading.verdict;
  const dead =
    deadSinceMs === undefined || code === 'admitted'
      ? ''
      : `, signature dead since ${new Date(deadSinceMs).toISOString()}`;
  const retry = retryAfterMs === undefined ? '' : `, again in ${spell(retryAfterMs / 1000)}`;
  return `verdict: ${code}, verified, at ${new Date(timeMs).toISOString()}${dead}${retry}`;
}
