/**
 * One call: signs, sends, and does what `retry.ts` decides until it ends. It knows no transport; fetch and undici
 * give it theirs.
 */
import { openVerdict, VERDICT_FIELD } from '@countersign/canonical';
import type { CallRules } from './call-options.js';
import type { Pacing } from './pacing.js';
import { type CallEvent, type CallState, decide, type Moment } from './retry.js';
import type { Signature, SignInput } from './signature.js';
import type { SigningCore } from './signer.js';
import { untilAborted } from './sleep.js';

/** The head of an answer, its body not yet read. */
export interface Answer<T> {
  readonly status: number;
  /** A field's value, several lines joined by comma and space; absent: null or undefined. */
  readonly field: (name: string) => string | null | undefined;
  /** What the caller gets when this answer is the call's result. */
  readonly value: T;
  /** The answer as a `Response` of its own, its body read up to 64 KiB. Does not reject. */
  readonly keep: () => Promise<Response>;
  /** Lets go of the body. */
  readonly drop: () => void;
}

/** Sends the request with these fields added. Rejects when no answer comes, or when the signal aborts. */
type Send<T> = (fields: Record<string, string>) => Promise<Answer<T>>;

interface SignedCall {
  readonly request: SignInput;
  /** Whether the body can be sent twice. */
  readonly repeatable: boolean;
  readonly signal: AbortSignal | undefined;
  readonly pacing?: Pacing | undefined;
}

/**
 * Carries one call out.
 *
 * @throws CountersignError when it ends without an answer to return; the signal's reason; what signing throws
 */
export async function performCall<T>(
  core: SigningCore,
  rules: CallRules,
  { request, repeatable, signal, pacing }: SignedCall,
  send: Send<T>,
): Promise<T> {
  const pause = async (waitMs: number): Promise<void> => {
    if (waitMs > 0) await rules.sleep(waitMs, signal);
    signal?.throwIfAborted();
  };
  await pause(pacing?.waitMs(rules.monotonicNow(), rules.maxWaitMs) ?? 0);
  let call: CallState = {
    method: request.method,
    repeatable,
    sent: 1,
    signedAgain: false,
    unanswered: false,
  };
  for (;;) {
    const elapsedMs = stopwatch(core, rules);
    const signature = core.signature(request);
    for (;;) {
      const { answer, event } = await attempt(core, signature, send, signal);
      if (answer !== undefined) pacing?.learn(answer.field('ratelimit'), rules.monotonicNow());
      const moment: Moment = {
        elapsedMs: elapsedMs(),
        nowMs: core.config.now(),
        offsetMs: core.clock.offsetMs,
        random: rules.random(),
      };
      const decision = decide(rules, call, event, moment);
      if (decision.offsetMs !== undefined) core.clock.offsetMs = decision.offsetMs;
      if (decision.action === 'return' && answer !== undefined) return answer.value;
      call = 'call' in decision ? decision.call : call;
      if (answer !== undefined && event.type === 'unauthenticated') {
        call = { ...call, lastResponse: await untilAborted(answer.keep(), signal) };
      } else {
        answer?.drop();
      }
      if (decision.action === 'fail') throw decision.error;
      if ('waitMs' in decision) await pause(decision.waitMs);
      if (decision.action === 'sign-again') break;
    }
  }
}

/**
 * Time since now, never less than the truth: a monotonic clock may stand still while a machine sleeps, the wall clock
 * may be set back, and only together they are safe.
 */
function stopwatch({ config }: SigningCore, { monotonicNow }: CallRules): () => number {
  const startedMs = monotonicNow();
  const wallStartedMs = config.now();
  return () => Math.max(monotonicNow() - startedMs, config.now() - wallStartedMs);
}

async function attempt<T>(
  core: SigningCore,
  { fields, subject }: Signature,
  send: Send<T>,
  signal: AbortSignal | undefined,
): Promise<{ answer?: Answer<T>; event: CallEvent }> {
  let answer: Answer<T>;
  try {
    answer = await send(fields);
  } catch (cause) {
    signal?.throwIfAborted();
    return { event: { type: 'no-answer', cause } };
  }
  const verdict = openVerdict(core.config.secret, subject, answer.field(VERDICT_FIELD) ?? '');
  if (verdict !== undefined) return { answer, event: { type: 'verdict', verdict } };
  const nowMs = core.config.now() + core.clock.offsetMs;
  const retryAfterMs = readRetryAfter(answer.field('retry-after') ?? '', nowMs);
  return { answer, event: { type: 'unauthenticated', status: answer.status, retryAfterMs } };
}

/** `Retry-After` (RFC 9110 section 10.2.3) in milliseconds from now: seconds, or an HTTP date. */
function readRetryAfter(value: string, nowMs: number): number | undefined {
  if (/^[0-9]{1,9}$/.test(value)) return Number(value) * 1000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
