/**
 * The contract that every store keeps, as a suite to be registered with a store's own tests.
 */
import { describe } from 'vitest';
import { runs } from '../runs.js';
import { describeBudgetLaws } from './budget-laws.js';
import { describeNonceLaws } from './nonce-laws.js';
import { describeOutcomes } from './outcomes.js';
import type { CreateStore } from './subject.js';

export interface StoreContractOptions {
  /** Gives a store without memories, on the contract's clock. Called once for each run. */
  readonly create: CreateStore;
  /** Runs of each property, before `COUNTERSIGN_RUNS`; default 1 000, fewer for a store that is reached over a network. */
  readonly numRuns?: number;
}

/** Registers the suite with vitest. */
export function storeContract(name: string, { create, numRuns = 1_000 }: StoreContractOptions): void {
  describe(`the store contract, ${name}`, () => {
    describeOutcomes(create);
    describeNonceLaws(create, runs(numRuns));
    describeBudgetLaws(create, runs(numRuns));
  });
}
