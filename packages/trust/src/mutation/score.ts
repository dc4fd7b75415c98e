/** Counts mutants by what became of them. The score is over all that the tests could have noticed. */
import type { Mutant } from './run-area.js';

export interface Tally {
  readonly mutants: number;
  /** By a test that failed. */
  readonly killed: number;
  /** By a test that did not end, or a loop that Stryker stopped. */
  readonly timedOut: number;
  /** Those that no test reaches among them. */
  readonly survived: number;
  /** Killed and timed out, of all; 1 where there is none. */
  readonly score: number;
}

export function tally(all: readonly Mutant[]): Tally {
  // What does not even run is neither for nor against the tests.
  const mutants = all.filter(({ fate }) => fate !== 'invalid');
  const killed = mutants.filter(({ fate }) => fate === 'killed').length;
  const timedOut = mutants.filter(({ fate }) => fate === 'timeout').length;
  const survived = mutants.length - killed - timedOut;
  const score = mutants.length === 0 ? 1 : (killed + timedOut) / mutants.length;
  return { mutants: mutants.length, killed, timedOut, survived, score };
}

export function survived({ fate }: Mutant): boolean {
  return fate === 'survived' || fate === 'uncovered';
}

/** `92.9 %`, rounded down: a score never looks better than it is. */
export function percent(score: number): string {
  return `${(Math.floor(score * 1000 + 1e-9) / 10).toFixed(1)} %`;
}
