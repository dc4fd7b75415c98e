/** A report as JUnit XML: a suite for each group, a failure for what got through, a skip for what was not tried. */
import { create, type XMLElement } from 'xmlbuilder';
import { type Finding, type ProbeReport, summarize } from './report.js';

export function junitReport({ target, findings, startedAt }: ProbeReport): string {
  const root = create('testsuites', { encoding: 'UTF-8', invalidCharReplacement: '·' });
  root.att(counts(findings));
  for (const group of new Set(findings.map((finding) => finding.group))) {
    const members = findings.filter((finding) => finding.group === group);
    const name = `countersign probe ${target}: ${group}`;
    const suite = root.ele('testsuite', { name, timestamp: startedAt, ...counts(members) });
    for (const finding of members) addCase(suite, finding);
  }
  return root.end({ pretty: true });
}

function counts(findings: readonly Finding[]): Record<string, number> {
  const { gotThrough, notTried } = summarize(findings);
  return { tests: findings.length, failures: gotThrough, errors: 0, skipped: notTried };
}

function addCase(suite: XMLElement, finding: Finding): void {
  const { id, group, attack, outcome, reason, evidence } = finding;
  const test = suite.ele('testcase', { classname: `probe.${group}`, name: id });
  if (outcome === 'not-tried') test.ele('skipped');
  if (outcome === 'got-through') test.ele('failure', { message: reason, type: outcome });
  test.ele('system-out').dat(`${attack}\n${reason}`);
  if (outcome !== 'got-through' || evidence === undefined) return;
  test.ele('system-err').dat(`${evidence.sent}\n\n${evidence.status} ${evidence.answer}`);
}
