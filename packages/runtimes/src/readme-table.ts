/** The table of the README: what ran where, and how many checks passed. */
import type { Report } from './report.js';
import type { Group, Outcome } from './suite/check.js';

export interface Row {
  readonly report: Report;
  readonly note: string | undefined;
}

const BEGIN = '<!-- runtimes -->';
const END = '<!-- /runtimes -->';
const GROUPS: readonly Group[] = ['canonical', 'client', 'server'];

export function table(rows: readonly Row[], date: string): string {
  return [
    '| runtime | canonical | client | server, `guard` | |',
    '|---|---|---|---|---|',
    ...rows.map(rowOf),
    '',
    `Checks that passed, on ${date}.`,
  ].join('\n');
}

function rowOf({ report: { runtime, outcomes }, note }: Row): string {
  const cells = GROUPS.map((group) => cell(outcomes.filter((outcome) => outcome.group === group)));
  const remarks = outcomes.flatMap(({ ok, detail }) => (ok && detail !== undefined ? [detail] : []));
  return `| ${[runtime, ...cells, [note, ...remarks].filter(Boolean).join('; ')].join(' | ')} |`;
}

function cell(outcomes: readonly Outcome[]): string {
  const passed = outcomes.filter(({ ok }) => ok).length;
  if (outcomes.length === 0) return '–';
  return passed === outcomes.length ? `${passed}` : `**${passed} of ${outcomes.length}**`;
}

/**
 * The text with another table between its markers.
 *
 * @throws Error where there are none
 */
export function withTable(readme: string, content: string): string {
  const [before, rest] = [readme.slice(0, readme.indexOf(BEGIN)), readme.slice(readme.indexOf(BEGIN))];
  if (!readme.includes(BEGIN) || !rest.includes(END)) throw new Error(`no ${BEGIN} and ${END}`);
  return `${before}${BEGIN}\n${content}\n${rest.slice(rest.indexOf(END))}`;
}
