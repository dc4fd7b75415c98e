/** The steps of verification (spec 3), and which of them a refusal comes from. */
import { REQUEST_REFUSALS } from '@countersign/canonical';
import type { RefusalCode } from '@countersign/server';

/** In their order. The handler is step 8, and none of ours. */
export const STEPS = ['parse', 'find key', 'prove', 'freshness', 'scope', 'body', 'admission'] as const;
export type StepName = (typeof STEPS)[number];

const OF_CODE: Readonly<Partial<Record<RefusalCode, StepName>>> = {
  'stale-timestamp': 'freshness',
  'future-timestamp': 'freshness',
  'scope-mismatch': 'scope',
  'scope-not-granted': 'scope',
  'body-too-large': 'body',
  'body-timeout': 'body',
  'digest-mismatch': 'body',
};

/**
 * @param keyFound whether the claimed key is the one that was given: the verifier has one answer for a key that is not
 * there and a signature that does not match
 */
export function stepOf(code: RefusalCode, keyFound: boolean): StepName {
  if (REQUEST_REFUSALS.some((refusal) => refusal === code)) return 'parse';
  if (code === 'invalid-signature') return keyFound ? 'prove' : 'find key';
  return OF_CODE[code] ?? 'admission';
}
