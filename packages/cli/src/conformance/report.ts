/** A report on another implementation, as people read it. */
import type { Paint } from '../terminal/paint.js';
import type { Finding } from './compare.js';
import { type ConformanceReport, isConformant, type Tally } from './run.js';

/** Of one task and stage; the rest is counted. */
const SHOWN_FINDINGS = 5;
const SHOWN_CHARACTERS = 160;

export function conformanceText(report: ConformanceReport, paint: Paint): string {
  const blocks = report.tallies.map((tally) => findingsText(report.findings, tally, paint));
  const summary = [row(['', 'asked', 'agree', 'differ', 'unsupported']), ...report.tallies.map(tallyRow)];
  return [...blocks, summary.join(''), unsupportedText(report), conclusion(report, paint)]
    .filter((block) => block !== '')
    .join('\n');
}

function findingsText(findings: readonly Finding[], { task, stage }: Tally, paint: Paint): string {
  const own = findings.filter((finding) => finding.task === task && finding.stage === stage);
  const rest = own.length - SHOWN_FINDINGS;
  const more =
    rest > 0 ? [`  … and ${rest} more of ${task}, ${stage} (--json and --stage ${stage} list them)\n`] : [];
  return [...own.slice(0, SHOWN_FINDINGS).map((finding) => findingText(finding, paint)), ...more].join('');
}

function findingText(finding: Finding, paint: Paint): string {
  const { task, stage, name, members, expected, actual, line, part, cause } = finding;
  const place = line === undefined ? members.join(', ') : `canonical line ${line}, ${part}`;
  const also = line === undefined || members.length < 2 ? '' : ` (so also ${members.slice(1).join(', ')})`;
  return [
    `${paint('red', 'differs')}  ${task}, ${stage}: ${name}`,
    `  ${place}${also}: ${cause}`,
    ...(expected === undefined ? [] : [`    expected  ${shown(expected)}`]),
    ...(actual === undefined ? [] : [`    given     ${shown(actual)}`]),
    '',
  ].join('\n');
}

function shown(text: string): string {
  const quoted = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return quoted.length > SHOWN_CHARACTERS ? `${quoted.slice(0, SHOWN_CHARACTERS)}…` : quoted;
}

function tallyRow({ task, stage, asked, agreed, differ, unsupported }: Tally): string {
  return row([`${task}, ${stage}`, ...[asked, agreed, differ, unsupported].map(String)]);
}

function row([label = '', ...figures]: readonly string[]): string {
  return `${label.padEnd(30)}${figures.map((figure) => figure.padStart(12)).join('')}\n`;
}

function unsupportedText({ unsupported }: ConformanceReport): string {
  const reasons = new Map<string, number>();
  for (const { reason } of unsupported) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return [...reasons].map(([reason, count]) => `not supported, ${count} times: ${shown(reason)}\n`).join('');
}

function conclusion(report: ConformanceReport, paint: Paint): string {
  const { asked, agreed, answered, findings, unsupported, failure } = report;
  const lines = failure === undefined ? [] : [`${paint('red', 'failed')}   ${failure}\n`];
  const left = asked - answered;
  const counts = [
    `${agreed} of ${asked} agree`,
    `${findings.length} differ`,
    ...(unsupported.length > 0 ? [`${unsupported.length} are not supported`] : []),
    ...(left > 0 ? [`${left} were not answered`] : []),
  ];
  const { clean } = isConformant(report);
  lines.push(`${paint(clean ? 'green' : 'red', counts.join(', '))}\n`);
  return lines.join('');
}
