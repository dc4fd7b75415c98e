/** What an answer says about an attack. The baseline is the answer to a request that nobody tampered with. */
import type { Answer, Answered } from './exchange.js';

/** `undecided`: somebody else answered, or nobody. */
export type Judgement = 'through' | 'refused' | 'undecided';

const NO_SUCH_ROUTE = new Set([404, 405, 501]);
const BUSY = new Set([429, 502, 503, 504]);

/**
 * @param baselineStatus the status of the baseline
 * @param sameRoute whether method and path are the baseline's; where they are not, that nothing is there says nothing
 *   of the verifier
 */
export function judge(answer: Answer, baselineStatus: number, sameRoute: boolean): Judgement {
  if ('failure' in answer) return answer.failure === 'closed' ? 'refused' : 'undecided';
  const { status, code } = answer;
  if (status === baselineStatus || isSuccess(status)) return 'through';
  // A redirect leads to a login, or to another spelling of the path.
  if (status < 400) return 'undecided';
  // The status of a refusal whose sender is refused anyway.
  if (code === 'too-many-failures') return 'refused';
  if (BUSY.has(status)) return 'undecided';
  return isNoRoute(status) && !sameRoute ? 'undecided' : 'refused';
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Whether a router answered that nothing is there. */
export function isNoRoute(status: number): boolean {
  return NO_SUCH_ROUTE.has(status);
}

/** An answer in few words: `401 invalid-signature`. */
export function tellAnswer(answer: Answer): string {
  if (!('failure' in answer)) return tellAnswered(answer);
  switch (answer.failure) {
    case 'closed':
      return 'connection closed';
    case 'silent':
      return 'no answer in time';
    case 'unreadable':
      return 'an answer that is no HTTP';
  }
}

function tellAnswered({ status, code }: Answered): string {
  return code === undefined ? String(status) : `${status} ${code}`;
}

/** For example `9 × 401 invalid-signature, 2 × 404`: the most frequent first. */
export function tellAnswers(answers: readonly Answer[]): string {
  const counts = new Map<string, number>();
  for (const told of answers.map(tellAnswer)) counts.set(told, (counts.get(told) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([told, count]) => (count === 1 ? told : `${count} × ${told}`)).join(', ');
}
