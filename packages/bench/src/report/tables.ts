/** Comparisons and targets as Markdown tables, which are readable in a terminal too. */
import type { Comparison, Measured } from '../results.js';
import { figure, ratioText } from './figures.js';
import { type Judged, judge } from './targets.js';

type Cells = readonly string[];

export function comparisonTable(comparison: Comparison): string {
  const { unit, rows, notes = [] } = comparison;
  const measured = rows.some(({ low, high }) => low !== high);
  const compared = rows.some(({ ratio }) => ratio !== undefined);
  const noted = rows.some(({ note }) => note !== undefined);
  const pick = (name: string, value: string, quartiles: string, ratio: string, note: string): Cells => [
    name,
    value,
    ...(measured ? [quartiles] : []),
    ...(compared ? [ratio] : []),
    ...(noted ? [note] : []),
  ];
  const lines = rows.map((row) => {
    const name = row.role === 'us' ? `**${row.name}**` : row.name;
    const quartiles = `${figure(row.low)} to ${figure(row.high)}`;
    return pick(name, figure(row.value), quartiles, ratioText(comparison, row), row.note ?? '');
  });
  const table = markdown([pick('', unit, 'quartiles', 'of the first', ''), ...lines]);
  return [table, ...notes].join('\n\n');
}

export function targetTable(judged: readonly Judged[]): string {
  const lines = judged.map(({ what, bound, limit, unit, measured, reached }) => [
    what,
    `${bound} ${limit} ${unit}`,
    `${figure(measured)} ${unit}`,
    reached ? 'reached' : '**not reached**',
  ]);
  return markdown([['', 'to reach', 'measured', ''], ...lines]);
}

/** What was measured on several Nodes: the rows that are not peers, and the targets. */
export function nodeTable(versions: ReadonlyMap<string, Measured>): string {
  const all = [...versions.values()];
  const [base] = all;
  const lines: (readonly [what: string, unit: string, ...values: (number | undefined)[]])[] = [];
  for (const { id, title, unit, rows } of base?.comparisons ?? []) {
    for (const { name, role } of rows) {
      if (role !== 'peer')
        lines.push([`${title}: ${name}`, unit, ...all.map((each) => valueIn(each, id, name))]);
    }
  }
  for (const { what, figure: name, unit } of judge(base?.figures ?? {})) {
    if (unit === '×') lines.push([what, unit, ...all.map(({ figures }) => figures[name])]);
  }
  const cells = lines.flatMap(([what, unit, ...values]) =>
    values.includes(undefined)
      ? []
      : [[what, ...values.map((value = Number.NaN) => `${figure(value)} ${unit}`)]],
  );
  return markdown([['', ...[...versions.keys()].map((version) => `Node ${version}`)], ...cells]);
}

function valueIn({ comparisons }: Measured, id: string, name: string): number | undefined {
  return comparisons.find((comparison) => comparison.id === id)?.rows.find((row) => row.name === name)?.value;
}

function markdown([head = [], ...lines]: readonly Cells[]): string {
  const all = [head, head.map(() => '---'), ...lines];
  return all.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
