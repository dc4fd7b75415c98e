/**
 * fast-check as the tests meet it under mutation: a fixed seed, at most so many runs a property, and no shrinking. A
 * mutant is run some ten times as often as it has tests, and nobody reads its counterexamples.
 */
import { createRequire } from 'node:module';
import type * as FastCheck from 'fast-check';

// By `require`: under mutation the import `fast-check` leads here.
const real: typeof FastCheck = createRequire(import.meta.url)('fast-check');
const SEED = 20_261_122;
const MAX_RUNS = 40;

export const assert = ((property: never, { numRuns = MAX_RUNS, ...more } = {}) =>
  real.assert(property, {
    seed: SEED,
    endOnFailure: true,
    ...more,
    numRuns: Math.min(numRuns, MAX_RUNS),
  })) as typeof FastCheck.assert;

export default { ...real, assert } as typeof FastCheck;
