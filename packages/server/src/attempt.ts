/**
 * One request on its way through the steps, and the two ways in which it ends. Every end is answered and reported
 * here, so that no verdict goes out that the operator does not hear of.
 */

import { type Fields, type RequestHead, VERDICT_FIELD } from '@countersign/canonical';
import { admittedFields, type ProvedCaller, receipt, refusedAnswer } from './answer.js';
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
  fields: Fields | undefined;
  claimedKeyId: string | undefined;
  caller: ProvedCaller | undefined;
  key: Key | undefined;
  scope: string | undefined;
  bodyRead: boolean;
}

/** Ends an attempt with a refusal. */
export function refuse(config: VerifierConfig, attempt: Attempt, refusal: Refusal): Refused {
  const { refused: code, reason, levels: budgets } = refusal;
  const atMs = config.window.clock.nowMs();
  report(config, attempt, { code, status: REFUSALS[code].status, atMs, reason, budgets });
  const unreadBody = !attempt.bodyRead && (attempt.fields === undefined || announcesBody(attempt.fields));
  return refusedAnswer(refusal, atMs, unreadBody, attempt.caller);
}

/** Ends an attempt with an admission. */
export function admit(
  config: VerifierConfig,
  attempt: Attempt,
  { request, key, scope }: Proved,
  caller: ProvedCaller,
  budgets: readonly BudgetLevel[],
): Admitted {
  const { onVerdict, policy, receipts, window } = config;
  const headers = admittedFields(budgets, policy.signatureField);
  if (onVerdict !== undefined || receipts) {
    const atMs = window.clock.nowMs();
    if (receipts) headers[VERDICT_FIELD] = receipt(caller, atMs);
    report(config, attempt, { code: 'admitted', status: 200, atMs, reason: undefined, budgets });
  }
  return { ok: true, request, key, scope, budgets, headers };
}

interface Outcome extends Pick<VerdictEvent, 'code' | 'status' | 'atMs'> {
  readonly reason: string | undefined;
  readonly budgets: readonly BudgetLevel[] | undefined;
}

type Writable<T> = { -readonly [Member in keyof T]: T[Member] };

function report({ onVerdict, window }: VerifierConfig, attempt: Attempt, outcome: Outcome): void {
  if (onVerdict === undefined) return;
  const { incoming, startedAtMs, claimedKeyId, key, scope, caller } = attempt;
  const { code, status, atMs, reason, budgets } = outcome;
  const { method, target, address } = incoming;
  const durationMs = window.clock.monotonicMs() - startedAtMs;
  const proved = caller !== undefined;
  const event: Writable<VerdictEvent> = { code, status, atMs, durationMs, method, target, proved };
  if (reason !== undefined) event.reason = reason;
  if (address !== undefined) event.address = address;
  if (claimedKeyId !== undefined) event.keyId = claimedKeyId;
  if (proved && key !== undefined) {
    event.owner = key.owner;
    event.secretIndex = key.secrets.findIndex((secret) => secret.key === caller.secret);
  }
  if (scope !== undefined) event.scope = scope;
  if (budgets !== undefined) event.budgets = budgets;
  onVerdict(event);
}
