/** Runs attacks against an endpoint, one after the other, and collects what came of them. */
import type { Attack, Result } from './attack.js';
import { type Baseline, createAttacker } from './attacker.js';
import { attemptEach } from './attempt.js';
import { BASELINE_REQUESTS, takeBaseline } from './baseline.js';
import { shownEvidence } from './evidence.js';
import { createPace } from './pace.js';
import type { Plan } from './plan.js';
import { type Finding, type ProbeReport, summarize } from './report.js';

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
    findings.push(toFinding(plan, attack, await attempt(attack)));
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

function toFinding(plan: Plan, { id, group, attack, catalogue }: Attack, result: Result): Finding {
  return {
    id,
    group,
    attack,
    ...(catalogue === undefined ? {} : { catalogue }),
    ...result,
    ...(result.evidence === undefined ? {} : { evidence: shownEvidence(plan, result.evidence) }),
  };
}
