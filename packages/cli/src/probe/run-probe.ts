/** Runs attacks against an endpoint, one after the other, and collects what came of them. */
import type { Attack, Result } from './attack.js';
import { type Baseline, createAttacker } from './attacker.js';
import { attemptEach } from './attempt.js';
import { BASELINE_REQUESTS, takeBaseline } from './baseline.js';
import { createPace } from './pace.js';
import type { Plan } from './plan.js';
import { type Finding, type ProbeReport, summarize } from './report.js';
import { secretSpellings } from './secret-spellings.js';

/** How many requests a probe sends at most; those that are sent again after a wait aside. */
export function countRequests(plan: Plan, attacks: readonly Attack[]): number {
  return attacks.reduce((sum, { requests }) => sum + requests(plan), BASELINE_REQUESTS);
}

/**
 * @param say told what is going on
 * @throws UsageError when the endpoint does not accept the key
 */
export async function runProbe(
  plan: Plan,
  attacks: readonly Attack[],
  say: (text: string) => void,
): Promise<ProbeReport> {
  const startedAt = new Date().toISOString();
  const pace = createPace(plan.requestsPerSecond);
  const scout = createAttacker(plan, NO_BASELINE, pace, say);
  const baseline = await takeBaseline(plan, scout.send);
  let running = '';
  const attacker = createAttacker(plan, baseline, pace, (text) => say(`${running}: ${text}`));
  const attempt = attemptEach(attacker);
  const findings: Finding[] = [];
  for (const [i, attack] of attacks.entries()) {
    running = `${i + 1}/${attacks.length} ${attack.id}`;
    say(running);
    findings.push(toFinding(attack, withoutSecret(plan, await attempt(attack))));
  }
  return {
    target: `${plan.method} ${plan.url.href}`,
    startedAt,
    requestsSent: scout.requestsSent() + attacker.requestsSent(),
    findings,
    summary: summarize(findings),
  };
}

const NO_BASELINE: Baseline = {
  status: 0,
  answer: { status: 0, headers: [], body: '' },
  takesQuery: false,
  takesFields: false,
};

function toFinding({ id, group, attack, catalogue }: Attack, result: Result): Finding {
  return { id, group, attack, ...(catalogue === undefined ? {} : { catalogue }), ...result };
}

/** An endpoint may answer with anything, the secret included. */
function withoutSecret({ credentials: { secret } }: Plan, result: Result): Result {
  if (result.evidence === undefined) return result;
  const spellings = secretSpellings(secret);
  const clean = (text: string): string =>
    spellings.reduce((left, each) => left.replaceAll(each, '[secret]'), text);
  const { sent, answer } = result.evidence;
  return { ...result, evidence: { ...result.evidence, sent: clean(sent), answer: clean(answer) } };
}
