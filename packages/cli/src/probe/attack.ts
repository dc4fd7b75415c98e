/** What an attack is: data, and what it does. The list of all is `index.ts`. */
import type { Attacker } from './attacker.js';
import type { Plan } from './plan.js';
import type { Evidence, Outcome } from './report.js';

export type Group =
  | 'strangers'
  | 'tampering'
  | 'notations'
  | 'times'
  | 'headers'
  | 'targets'
  | 'framing'
  | 'scopes'
  | 'replay'
  | 'nonces'
  | 'routes'
  | 'limits';

/** What came of an attack. */
export interface Result {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly evidence?: Evidence;
}

export interface Attack {
  /** Stable. */
  readonly id: string;
  readonly group: Group;
  /** What is tried, in a sentence. */
  readonly attack: string;
  /** The line of the attack catalogue, word for word. */
  readonly catalogue?: string;
  /** How many requests it sends at most, those that are sent again after a wait aside. */
  readonly requests: (plan: Plan) => number;
  readonly run: (attacker: Attacker) => Promise<Result>;
}

export function refused(reason: string): Result {
  return { outcome: 'refused', reason };
}

export function notTried(reason: string): Result {
  return { outcome: 'not-tried', reason };
}

export function gotThrough(reason: string, evidence: Evidence): Result {
  return { outcome: 'got-through', reason, evidence };
}
