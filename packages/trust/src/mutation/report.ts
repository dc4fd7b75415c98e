/** The result as Markdown, for `docs/mutation.md`: scores by package and by file, and each survivor with its reason. */
import { type KnownSurvivors, reasonFor } from './reasons.js';
import type { Mutant } from './run-area.js';
import { percent, survived, type Tally, tally } from './score.js';

const MAX_SHOWN = 70;

/** @param day as in `2026-11-22` */
export function report(mutants: readonly Mutant[], known: KnownSurvivors, day: string): string {
  const byPackage = grouped(mutants, ({ file }) => file.split('/').slice(0, 2).join('/'));
  const byFile = grouped(mutants, ({ file }) => file);
  const all = tally(mutants);
  return [
    `${day}, Node ${process.versions.node}: **${percent(all.score)}** of ${all.mutants} mutants killed.`,
    '',
    ...table(
      'package',
      [...byPackage].map(([name, own]) => [name, tally(own)]),
      all,
    ),
    '',
    '### By file',
    '',
    ...table(
      'file',
      [...byFile].map(([name, own]) => [name, tally(own)]),
    ),
    '',
    '### Survivors',
    '',
    ...[...byFile].flatMap(([file, own]) => survivorsOf(file, own.filter(survived), known)),
  ]
    .join('\n')
    .trim();
}

export function grouped(
  mutants: readonly Mutant[],
  groupOf: (mutant: Mutant) => string,
): ReadonlyMap<string, readonly Mutant[]> {
  const groups = new Map<string, Mutant[]>();
  for (const mutant of mutants) {
    const group = groups.get(groupOf(mutant)) ?? [];
    groups.set(groupOf(mutant), group);
    group.push(mutant);
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function table(head: string, rows: readonly (readonly [string, Tally])[], all?: Tally): string[] {
  const row = (name: string, { mutants, killed, timedOut, survived, score }: Tally): string =>
    `| ${name} | ${mutants} | ${killed} | ${timedOut} | ${survived} | ${percent(score)} |`;
  return [
    `| ${head} | mutants | killed by a test | timed out | survived | score |`,
    '|---|---:|---:|---:|---:|---:|',
    ...rows.map(([name, own]) => row(`\`${name}\``, own)),
    ...(all === undefined ? [] : [row('**all**', all)]),
  ];
}

function survivorsOf(file: string, mutants: readonly Mutant[], known: KnownSurvivors): string[] {
  if (mutants.length === 0) return [];
  const byReason = new Map<string, Mutant[]>();
  for (const mutant of mutants) {
    const reason = reasonFor(known, mutant) ?? 'no reason given yet';
    byReason.set(reason, [...(byReason.get(reason) ?? []), mutant]);
  }
  const lines = [...byReason].flatMap(([reason, own]) => [
    `- ${reason}`,
    ...own.map(({ line, from, to, mutator }) => `  - line ${line}, ${mutator}: ${code(from)} → ${code(to)}`),
  ]);
  return [`\`${file}\``, '', ...lines, ''];
}

/** One line of code, however much it was. */
function code(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  const shown = line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
  if (shown === '') return 'nothing';
  return shown.includes('`') ? `\`\` ${shown} \`\`` : `\`${shown}\``;
}
