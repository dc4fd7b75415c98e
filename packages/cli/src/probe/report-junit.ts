/** A report as JUnit XML: a suite for each group, a failure for what got through, a skip for what was not tried. */
import junit, { type Builder, type TestSuite } from 'junit-report-builder';
import type { Finding, ProbeReport } from './report.js';

export function junitReport({ target, findings, startedAt }: ProbeReport): string {
  const builder = rootBuilder(junit).newBuilder();
  for (const group of new Set(findings.map((finding) => finding.group))) {
    const suite = builder.testSuite().name(`countersign probe ${target}: ${group}`).timestamp(startedAt);
    for (const finding of findings.filter((each) => each.group === group)) addCase(suite, finding);
  }
  return builder.build();
}

function addCase(suite: TestSuite, finding: Finding): void {
  const { id, group, attack, outcome, reason, evidence } = finding;
  const test = suite.testCase().className(`probe.${group}`).name(id);
  test.standardOutput(xmlText(`${attack}\n${reason}`));
  if (outcome === 'not-tried') test.skipped();
  if (outcome !== 'got-through') return;
  test.failure(xmlText(reason), outcome);
  if (evidence === undefined) return;
  test.standardError(xmlText(`${evidence.sent}\n\n${evidence.status} ${evidence.answer}`));
}

/** Its declaration has the builder as a default export; what it exports is the builder itself. */
function rootBuilder(exported: unknown): Builder {
  if (isBuilder(exported)) return exported;
  throw new TypeError('junit-report-builder: its export is not what it was');
}

function isBuilder(exported: unknown): exported is Builder {
  return typeof exported === 'object' && exported !== null && 'newBuilder' in exported;
}

/** Without what XML 1.0 cannot hold. */
function xmlText(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '·');
}
