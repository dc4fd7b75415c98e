/** The budget that a probe is told of by `--limit`, in the notation of the verifier's limits. */
import { parseRate } from '@countersign/server';
import { asUsage } from '../terminal/usage-error.js';

export interface Budget {
  /** As it was given. */
  readonly rate: string;
  readonly limit: number;
  readonly windowMs: number;
}

/** @throws UsageError when it is not a rate */
export function parseBudget(rate: string): Budget {
  const { limit, windowMs } = asUsage('--limit', () => parseRate(rate, 'rate'));
  return { rate, limit, windowMs };
}
