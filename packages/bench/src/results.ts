/** What a part of the bench hands back: comparisons to be printed and drawn, and figures that targets are held against. */

export type Role = 'us' | 'peer' | 'floor';

export interface Row {
  readonly name: string;
  readonly role: Role;
  /** The median of the rounds, in the comparison's unit. */
  readonly value: number;
  /** The quartiles of the rounds; both are the value where there was one measurement. */
  readonly low: number;
  readonly high: number;
  /** The median of each round's ratio to the first row in that round; absent where there is nothing to compare with. */
  readonly ratio?: number;
  /** What of the work it does and what not. */
  readonly note?: string;
}

export interface Comparison {
  /** Names its picture: `docs/benchmarks/<id>.svg`. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly better: 'less' | 'more';
  readonly rows: readonly Row[];
  /** What a reader of the table has to know. */
  readonly notes?: readonly string[];
}

export interface Measured {
  readonly comparisons: readonly Comparison[];
  /** By the names that `report/targets.ts` asks for. */
  readonly figures: Readonly<Record<string, number>>;
}

/** The ratio of a row, by its name. */
export function ratioOf(comparison: Comparison, name: string): number {
  const row = comparison.rows.find((candidate) => candidate.name === name);
  if (row?.ratio === undefined) throw new Error(`${comparison.id} has no ratio of ${name}`);
  return row.ratio;
}
