/**
 * One request on its way through the steps, and the two ways in which it ends. Every end is answered and reported
 * here, so that no verdict goes out that the operator does not hear of.
 */

import type { Fields, RequestHead } from '@countersign/canonical';
import { admittedFields, type ProvedCaller, refusedAnswer } from './answer.js';
import type { Key } from './keys/key.js';
import type { VerifierConfig } from './options.js';
import { REFUSALS, type Refusal } from './refusals.js';
import { announcesBody } from './steps/body.js';
import type { BudgetLevel } from './store.js';
import type { Admitted, Proved, Refused, VerdictEvent } from './verdict.js';

/** A request head and where it came from. */
export interface IncomingRequest extends RequestHead {
  /** The client's address, from the socket or from proxies that are the operator's own. */
  readonly address?: string;
}

/** What is known of a request so far. Filled in as the steps go by. */
export interface Attempt {
  readonly incoming: IncomingRequest;
  readonly startedAtMs: number;
  /** The address group that its failures count for. */
  readonly addressGroup: string | undefined;
  fields?: Fields;
  claimedKeyId?: string;
  caller?: ProvedCaller;
  key?: Key;
  scope?: string;
  bodyRead: boolean;
}

/** Ends an attempt with a refusal. */
export function refuse(config: VerifierConfig, attempt: Attempt, refusal: Refusal): Refused {
  const nowMs = config.window.clock.nowMs();
  const unreadBody = !attempt.bodyRead && (attempt.fields === undefined || announcesBody(attempt.fields));
  const answer = refusedAnswer(refusal, nowMs, unreadBody, attempt.caller);
  report(config, attempt, {
    code: refusal.refused,
    status: REFUSALS[refusal.refused].status,
    reason: refusal.reason,
    atMs: nowMs,
    ...(refusal.levels === undefined ? {} : { budgets: refusal.levels }),
  });
  return answer;
}

/** Ends an attempt with an admission. */
export function admit(
  config: VerifierConfig,
  attempt: Attempt,
  proved: Proved,
  caller: ProvedCaller,
  budgets: readonly BudgetLevel[],
): Admitted {
  const nowMs = config.window.clock.nowMs();
  report(config, attempt, { code: 'admitted', status: 200, atMs: nowMs, budgets });
  const headers = admittedFields(budgets, nowMs, config.policy.signatureField, caller, config.receipts);
  return { ...proved, budgets, headers };
}

type Outcome = Pick<VerdictEvent, 'code' | 'status' | 'atMs'> & Partial<VerdictEvent>;

function report(config: VerifierConfig, attempt: Attempt, outcome: Outcome): void {
  const { incoming, claimedKeyId, key, scope, caller } = attempt;
  const event: VerdictEvent = {
    ...outcome,
    durationMs: config.window.clock.monotonicMs() - attempt.startedAtMs,
    method: incoming.method,
    target: incoming.target,
    proved: caller !== undefined,
    ...(incoming.address === undefined ? {} : { address: incoming.address }),
    ...(claimedKeyId === undefined ? {} : { keyId: claimedKeyId }),
    ...(caller === undefined || key === undefined ? {} : { owner: key.owner }),
    ...(scope === undefined ? {} : { scope }),
  };
  config.onVerdict(event);
}
