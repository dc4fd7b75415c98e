/** A report as people read it: holes first, then what could not be tried, then what was refused. */
import type { Paint } from '../terminal/paint.js';
import type { Evidence, Finding, Outcome, ProbeReport } from './report.js';

interface Section {
  readonly outcome: Outcome;
  readonly title: string;
  readonly mark: string;
  readonly style: Parameters<Paint>[0];
}

const SECTIONS: readonly Section[] = [
  { outcome: 'got-through', title: 'Got through', mark: '✗', style: 'red' },
  { outcome: 'not-tried', title: 'Not tried, or not decided', mark: '–', style: 'yellow' },
  { outcome: 'refused', title: 'Refused', mark: '✓', style: 'green' },
];

export function textReport(report: ProbeReport, paint: Paint): string {
  const { findings, summary, requestsSent, target } = report;
  const idWidth = Math.max(0, ...findings.map(({ id }) => id.length));
  const parts = SECTIONS.map((section) => sectionText(section, findings, idWidth, paint)).filter(Boolean);
  const { gotThrough, refused, notTried } = summary;
  const told = `${gotThrough} got through, ${refused} refused, ${notTried} not tried; ${requestsSent} requests`;
  const total = paint(gotThrough > 0 ? 'red' : 'green', told);
  return [paint('bold', target), '', ...parts, total, ''].join('\n');
}

function sectionText(
  { outcome, title, mark, style }: Section,
  all: readonly Finding[],
  width: number,
  paint: Paint,
): string {
  const findings = all.filter((finding) => finding.outcome === outcome);
  if (findings.length === 0) return '';
  const lines = [paint('bold', title)];
  let group = '';
  for (const finding of findings) {
    if (finding.group !== group) lines.push(`  ${paint('dim', finding.group)}`);
    group = finding.group;
    lines.push(`    ${paint(style, mark)} ${finding.id.padEnd(width)}  ${finding.reason}`);
    if (outcome === 'got-through') lines.push(...detailLines(finding, paint));
  }
  return `${lines.join('\n')}\n`;
}

function detailLines({ attack, catalogue, evidence }: Finding, paint: Paint): string[] {
  const lines = [attack];
  if (catalogue !== undefined) lines.push(`catalogue: ${catalogue}`);
  if (evidence !== undefined) lines.push(...evidenceLines(evidence));
  return lines.map((line) => `        ${paint('dim', printable(line))}`);
}

function evidenceLines({ sent, status, answer }: Evidence): string[] {
  const request = sent.trimEnd().split('\n');
  return [
    ...request.map((line) => `> ${line}`),
    ...`${status} ${answer}`
      .trimEnd()
      .split('\n')
      .map((line) => `< ${line}`),
  ];
}

/** An answer may hold what steers a terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '·');
}
