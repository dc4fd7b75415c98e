/** Judges what was recorded: the figures of a case, and whatever must not be. */
import type { Fault } from './chaos-case.js';
import type { Call } from './load.js';
import type { Execution, ServiceReport } from './services.js';
import type { SentRequest } from './wire.js';

/** The store's deadline, and what everything else may take. */
export const ANSWER_WITHIN_MS = 250 + 100;

/** Errors that a call may end in while something is wrong. */
const RIGHTFUL = new Set([
  'RateLimitedError',
  'StoreUnavailableError',
  'OutcomeUnknownError',
  'AlreadyAdmittedError',
]);

export interface Recorded {
  readonly calls: readonly Call[];
  readonly sent: readonly SentRequest[];
  readonly fault: Fault;
  /** How long after the fault calls must succeed. */
  readonly noticeMs: number;
  readonly recoveryMs: number;
  /** The longest for which a process could not run. */
  readonly worstDelayMs: number;
  /** Statuses of the copies that were sent while the load ran. */
  readonly copies: ReadonlyMap<number, number>;
  readonly playback: ReadonlyMap<number, number>;
  /** Of all processes: after the load, and after the playback. */
  readonly before: readonly ServiceReport[];
  readonly after: readonly ServiceReport[];
}

export interface Figures {
  readonly calls: number;
  readonly requests: number;
  readonly copies: string;
  readonly playedBack: string;
  readonly replaysAdmitted: number;
  readonly executedTwice: number;
  readonly unanswered: number;
  readonly lateAnswers: number;
  readonly worstAnswerMs: number;
  readonly worstOwnMs: number;
  readonly worstLoopDelayMs: number;
  readonly worstOnTheWireMs: number;
  readonly errorsBefore: string;
  readonly errorsAfter: number;
  readonly denied: number;
  readonly answers: string;
  readonly faultMs: number;
  readonly noticeMs: number;
  readonly resumedMs: number;
}

export interface Findings {
  readonly figures: Figures;
  /** A line for each. */
  readonly violations: readonly string[];
  /** What the stores told their operators, in milliseconds since the fault was over. */
  readonly told: readonly string[];
}

export function judge(recorded: Recorded): Findings {
  const { calls, sent, fault, before, after } = recorded;
  const violations: string[] = [];
  const executedBefore = countBy(journals(before), ({ call }) => call);
  const executedAfter = countBy(journals(after), ({ call }) => call);
  const nonces = countBy(journals(after), ({ nonce }) => nonce);
  const replayed = [...nonces].filter(([, count]) => count > 1);
  const twice = [...executedAfter].filter(([, count]) => count > 1);
  for (const [nonce] of replayed) violations.push(`replay admitted: nonce ${nonce}`);
  for (const [call, count] of twice) violations.push(`${call} was executed ${count} times`);

  const isAfter = ({ beganMs }: Call): boolean => beganMs >= fault.overMs + recorded.noticeMs;
  const failed = calls.filter(({ error }) => error !== undefined);
  for (const call of calls) {
    const wrong = untruth(call, executedBefore.get(call.id) ?? 0);
    if (wrong !== undefined) violations.push(`${call.id} ${wrong}`);
  }
  for (const { id, key, port, beganMs, error } of failed.filter(isAfter)) {
    const sinceMs = beganMs - fault.overMs;
    violations.push(`${id} (${key} at ${port}) began ${sinceMs} ms after the fault: ${error?.name}`);
  }

  const unanswered = sent.filter(({ status }) => status === undefined).length;
  if (unanswered > 0) violations.push(`${unanswered} requests without an answer`);
  const denied = sent.filter(({ status }) => status === 401 || status === 429).length;
  if (denied > 0) violations.push(`${denied} answers 401 or 429: an outage is not a denial`);
  const worst = (measure: (report: ServiceReport) => number): number =>
    Math.round(Math.max(...after.map(measure)));
  const worstOwnMs = worst(({ answers }) => answers.worstOwnMs);
  const lateAnswers = after.reduce((sum, { answers }) => sum + answers.late, 0);
  if (lateAnswers > 0)
    violations.push(`${lateAnswers} answers later than ${ANSWER_WITHIN_MS} ms, the worst ${worstOwnMs} ms`);

  const resumedMs = resumption(calls, fault.overMs);
  if (resumedMs > recorded.recoveryMs) {
    violations.push(`calls succeed after ${resumedMs} ms only, not within ${recorded.recoveryMs} ms`);
  }
  for (const status of recorded.playback.keys()) {
    if (![200, 409, 503].includes(status)) violations.push(`played back and answered ${status}`);
  }
  return {
    figures: {
      calls: calls.length,
      requests: sent.length,
      copies: shown(recorded.copies),
      playedBack: shown(recorded.playback),
      replaysAdmitted: replayed.length,
      executedTwice: twice.length,
      unanswered,
      lateAnswers,
      worstAnswerMs: worst(({ answers }) => answers.worstMs),
      worstOwnMs,
      worstLoopDelayMs: Math.round(
        Math.max(...[...before, ...after].map(({ worstDelayMs }) => worstDelayMs), recorded.worstDelayMs),
      ),
      worstOnTheWireMs: Math.round(Math.max(...sent.map(({ latencyMs = 0 }) => latencyMs))),
      errorsBefore: shown(
        countBy(
          failed.filter((call) => !isAfter(call)),
          ({ error }) => error?.name ?? '',
        ),
      ),
      errorsAfter: failed.filter(isAfter).length,
      denied,
      answers: shown(answersOf(sent)),
      noticeMs: recorded.noticeMs,
      faultMs: fault.overMs - fault.beganMs,
      resumedMs,
    },
    violations,
    told: after.flatMap(({ warnings, unavailable }, service) => [
      ...warnings.map(({ atMs, message }) => `process ${service}, ${atMs - fault.overMs} ms: ${message}`),
      ...Object.entries(unavailable).map(
        ([reason, count]) => `process ${service}: ${count} times: ${reason}`,
      ),
    ]),
  };
}

/** What a call was told that is not so. */
function untruth({ status, error, endedMs }: Call, executions: number): string | undefined {
  if (endedMs === undefined) return 'has not ended';
  if (error === undefined) {
    if (status !== 200) return `was answered ${status}`;
    return executions === 1 ? undefined : `was answered 200 and executed ${executions} times`;
  }
  if (!RIGHTFUL.has(error.name)) return `ended in ${error.name}: ${error.message}`;
  const told = { 'not-admitted': executions === 0, admitted: executions === 1, unknown: true };
  if (error.outcome !== undefined && told[error.outcome]) return undefined;
  return `ended in ${error.name} (${error.outcome}) and was executed ${executions} times`;
}

/** How long after the fault every key had a call that had begun after it and succeeded. */
export function resumption(calls: readonly Call[], overMs: number): number {
  const first = new Map<string, number>();
  for (const { key, beganMs, endedMs, status } of calls) {
    if (!first.has(key)) first.set(key, Number.POSITIVE_INFINITY);
    if (beganMs < overMs || status !== 200 || endedMs === undefined) continue;
    first.set(key, Math.min(first.get(key) ?? endedMs, endedMs));
  }
  return Math.max(...first.values()) - overMs;
}

/** How often an answer had which code, or status where it had none. */
export function answersOf(sent: readonly SentRequest[]): Map<string, number> {
  return countBy(sent, ({ code, status }) => code ?? String(status));
}

function journals(reports: readonly ServiceReport[]): Execution[] {
  return reports.flatMap(({ journal }) => journal);
}

function countBy<T>(items: readonly T[], by: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(by(item), (counts.get(by(item)) ?? 0) + 1);
  return counts;
}

function shown(counts: ReadonlyMap<string | number, number>): string {
  return [...counts].map(([name, count]) => `${name}: ${count}`).join(', ') || '-';
}
