/** `docs/benchmarks.md`: the template filled in, and what was written by hand below its mark kept as it is. */
import type { Comparison, Measured } from '../results.js';
import { comparisonTable, nodeTable, targetTable } from './tables.js';
import { judge } from './targets.js';

/** From here on the page is written by hand. */
const MARK = '<!-- notes:';

interface Report {
  readonly template: string;
  /** The page as it is, or empty. */
  readonly previous: string;
  readonly machine: string;
  readonly parts: readonly string[];
  readonly measured: Measured;
  /** By version, this Node first. Empty when there was only one. */
  readonly versions: ReadonlyMap<string, Measured>;
}

export function document(report: Report): string {
  const { template, previous, machine, parts, measured, versions } = report;
  const values: Readonly<Record<string, string>> = {
    machine,
    parts: parts.map((part) => `\`${part}\``).join(', '),
    targets: targetTable(judge(measured.figures)),
    comparisons: measured.comparisons.map(section).join('\n\n'),
    node24: versions.size > 1 ? nodeTable(versions) : 'It could not be had when this was measured.',
  };
  const page = template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the template asks for ${name}`);
    return value;
  });
  return page.slice(0, page.indexOf(MARK)) + notesOf(previous.includes(MARK) ? previous : page);
}

function section(comparison: Comparison): string {
  const { id, title } = comparison;
  return `## ${title}\n\n![${title}](benchmarks/${id}.svg)\n\n${comparisonTable(comparison)}`;
}

function notesOf(page: string): string {
  return page.slice(page.indexOf(MARK));
}
