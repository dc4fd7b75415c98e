/** What the tests of the decisions share: a first attempt answered soon, and what is decided then. */
import type { VerdictFields } from '@countersign/canonical';
import { readCallOptions } from '../src/call-options.js';
import {
  type CallEvent,
  type CallState,
  type Decision,
  decide,
  type Moment,
  type RetryPolicy,
} from '../src/retry.js';

export const NOW_MS = 1_763_750_000_000;
export const policy: RetryPolicy = readCallOptions({});
export const first: CallState = {
  method: 'POST',
  repeatable: true,
  sent: 1,
  signedAgain: false,
  unanswered: false,
};
export const soon: Moment = { elapsedMs: 40, nowMs: NOW_MS, offsetMs: 0, random: 0 };

export function after(
  event: CallEvent,
  given: { call?: Partial<CallState>; policy?: Partial<RetryPolicy>; moment?: Partial<Moment> } = {},
): Decision {
  return decide({ ...policy, ...given.policy }, { ...first, ...given.call }, event, {
    ...soon,
    ...given.moment,
  });
}
export function verdict(code: string, rest: Partial<VerdictFields> = {}): CallEvent {
  return { type: 'verdict', verdict: { code, timeMs: NOW_MS - 20, ...rest } };
}
export function errorOf(decision: Decision): Error | undefined {
  return decision.action === 'fail' ? decision.error : undefined;
}
export const noAnswer: CallEvent = { type: 'no-answer', cause: new Error('ECONNRESET') };
