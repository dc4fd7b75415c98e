/** What was measured, as a table, and what it means. */
import { cpus } from 'node:os';
import { writeBetween } from '../page.js';
import type { Subject } from './measure.js';
import { type Comparison, T_THRESHOLD } from './welch.js';

export type Measured = Pick<Subject, 'name' | 'about' | 'control'> & Comparison;

/**
 * A difference that is tolerated, in nanoseconds a call: what the machine's caches and the compiler make of two inputs that are
 * handled alike. Over a network, Crosby, Wallach and Riedi (2009) told 100 ns apart in a LAN at the very best.
 */
const TOLERATED_NS = 100;
/** A control that is not told apart as clearly as this says that nothing would be. */
const CONTROL_T = 4 * T_THRESHOLD;

export function verdictOf({ control, t, differenceNs, withinNs }: Measured): {
  fails: boolean;
  words: string;
} {
  if (control) {
    const seen = Math.abs(t) >= CONTROL_T;
    return {
      fails: !seen,
      words: seen
        ? 'told apart, as it must be'
        : 'the control is not told apart: measure again, on a quiet machine',
    };
  }
  if (Math.abs(t) < T_THRESHOLD) return { fails: false, words: 'not told apart' };
  const fails = Math.abs(differenceNs) - withinNs > TOLERATED_NS;
  return {
    fails,
    words: fails
      ? `more than ${TOLERATED_NS} ns apart`
      : `told apart, below the ${TOLERATED_NS} ns tolerated`,
  };
}

export function formatTable(rows: readonly Measured[]): string {
  const lines = rows.map((row) => {
    const { name, about, samples, medianNs, differenceNs, withinNs, t } = row;
    const difference = `${ns(differenceNs)} ± ${ns(withinNs)}`;
    const cells = [
      name,
      about,
      samples.toLocaleString('en-GB'),
      ns(medianNs),
      difference,
      t.toFixed(1),
      verdictOf(row).words,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| what | the two kinds | times | median, ns | difference, ns (99.9 %) | t | |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

export function writeTable(path: string, rows: readonly Measured[], date: string): void {
  const head = `Measured on ${date}, Node ${process.versions.node}, ${cpus().length} cores.`;
  writeBetween(path, 'npm run timing', `${head}\n\n${formatTable(rows)}`);
}

function ns(time: number): string {
  return Math.abs(time) < 100 ? time.toFixed(1) : Math.round(time).toLocaleString('en-GB');
}
