/** What a scenario of the playground is: something that an owner's keys, or a stranger, do to the API. */
import type { Scenario } from '@countersign/console';
import type { Owner } from './partners.js';
import type { Playground } from './playground.js';

export interface Play extends Omit<Scenario, 'run'> {
  /** Whose budgets it uses. Those of one owner are carried out one after the other. */
  readonly owner: Owner;
  /** Gives what came of it in a line; throws when that is not what the protocol promises. */
  readonly run: (ground: Playground, signal: AbortSignal) => Promise<string>;
}

let calls = 0;

/** A name that no call had before. */
export function newCall(what: string): string {
  calls += 1;
  return `${what}-${calls}`;
}
