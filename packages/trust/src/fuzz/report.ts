/** A campaign's result as a page: what was tried, how far it reached, what was found. */
import { cpus } from 'node:os';
import type { Part, PartResult } from './part.js';

export interface Report {
  readonly parts: readonly Pick<Part, 'name' | 'about'>[];
  readonly results: ReadonlyMap<string, PartResult>;
  readonly seed: number;
  readonly seconds: number;
  readonly date: string;
}

/** As Markdown. */
export function formatReport({ parts, results, seed, seconds, date }: Report): string {
  const all = [...results.values()];
  const inputs = all.reduce((sum, result) => sum + result.inputs, 0);
  const findings = all.flatMap((result) => result.findings);
  const lines = [
    `${grouped(inputs)} inputs on ${date}, seed ${seed}, in ${Math.round(seconds / 60)} min: **${findings.length} findings**.`,
    `Node ${process.versions.node}, ${cpus().length} cores.`,
    '',
    '| part | inputs | findings | what is tried, and what must hold |',
    '|---|---|---|---|',
    ...parts.map(({ name, about }) => {
      const result = results.get(name);
      return `| ${name} | ${grouped(result?.inputs ?? 0)} | ${result?.findings.length ?? 0} | ${about} |`;
    }),
    '',
    'How the inputs ended:',
    '',
    '| part | outcomes, and how often |',
    '|---|---|',
    ...parts.map(({ name }) => `| ${name} | ${outcomes(results.get(name))} |`),
  ];
  const found = findings.flatMap((finding) => ['', '```', finding, '```']);
  return [...lines, ...found].join('\n');
}

function outcomes(result: PartResult | undefined): string {
  const counted = Object.entries(result?.outcomes ?? {}).toSorted(([, a], [, b]) => b - a);
  return counted.map(([outcome, count]) => `${outcome} ${grouped(count)}`).join(', ');
}

function grouped(count: number): string {
  return count.toLocaleString('en-GB');
}
