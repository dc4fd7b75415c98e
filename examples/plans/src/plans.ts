/**
 * The plans: what a customer may do and how often. The one place where this stands: keys, the plan page and the tests are
 * made from it.
 */
import { type Limits, parseRate } from '@countersign/server';

export interface Plan {
  readonly scopes: readonly string[];
  readonly limits: Limits;
}

/** What an export is charged, in units of `reports`. */
export const EXPORT_COST = 10;

export type PlanName = 'free' | 'team' | 'enterprise';

export const PLANS: Readonly<Record<PlanName, Plan>> = {
  free: {
    scopes: ['orders'],
    limits: { '*': '30/m', 'orders:read': '2/s', 'orders:write': '20/m', 'orders:write:+': '20/m' },
  },
  team: {
    scopes: ['orders', 'reports'],
    limits: {
      '*': '300/m',
      'orders:read': '5/s',
      'orders:write': '120/m',
      'orders:write:+': '10/m',
      reports: '50/m',
    },
  },
  enterprise: {
    scopes: ['*'],
    limits: {
      '*': '6000/m',
      'orders:read': '100/s',
      'orders:write': ['3000/m', '200/s'],
      'orders:write:+': '600/m',
      reports: '1000/m',
    },
  },
};

/** What the rows of the plan page are called. */
const ROWS: readonly [scope: string, label: string][] = [
  ['*', 'requests in all'],
  ['orders:read', 'reading orders'],
  ['orders:write', 'placing orders'],
  ['orders:write:+', '  for each of your tenants'],
  ['reports', `reports (an export takes ${EXPORT_COST})`],
];

/** The plan page, as lines of text: what is promised is what is counted. */
export function planPage(plans: Readonly<Record<string, Plan>> = PLANS): string[] {
  const columns = Object.values(plans);
  const rows = ROWS.map(([scope, label]) => [label, ...columns.map(({ limits }) => ratesOf(limits, scope))]);
  const table = [['', ...Object.keys(plans)], ...rows];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
}

function ratesOf(limits: Limits, scope: string): string {
  const rates = [limits[scope] ?? []].flat();
  if (rates.length === 0) return '-';
  return rates
    .map((rate) => {
      const { limit, windowMs } = parseRate(rate, `limits[${scope}]`);
      return `${limit} in ${windowMs / 1000} s`;
    })
    .join(', ');
}
