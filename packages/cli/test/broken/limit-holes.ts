/** Holes in how requests are counted. */
import { collectFields } from '@countersign/canonical';
import type { Hole } from './hole.js';
import type { Charge } from './memory.js';

function renamed(charges: readonly Charge[], by: string): readonly Charge[] {
  return charges.map((charge) => ({ ...charge, name: `${charge.name} ${by}` }));
}

export const LIMIT_HOLES: readonly Hole[] = [
  {
    name: 'no-limit',
    wrong: 'nothing is limited',
    line: 'unmetered-endpoints',
    break: () => ({ charges: () => [] }),
    opens: [],
  },
  {
    name: 'counted-by-forwarded-for',
    wrong: 'who forwards for whom decides whose budget it is',
    line: 'spoofable-keys',
    break: (right) => ({
      charges: (proved, call, status) => {
        const [address = ''] = collectFields(call.lines).get('x-forwarded-for');
        return renamed(right.charges(proved, call, status), address);
      },
    }),
    opens: [],
  },
  {
    name: 'counted-by-query',
    wrong: 'each query has a budget of its own',
    line: 'diluted-budgets',
    break: (right) => ({
      charges: (proved, call, status) =>
        renamed(right.charges(proved, call, status), proved.request.parts.query),
    }),
    opens: [],
  },
  {
    name: 'counted-by-path',
    wrong: 'each resource id has a budget of its own',
    line: 'diluted-budgets',
    break: (right) => ({
      charges: (proved, call, status) =>
        renamed(right.charges(proved, call, status), proved.request.parts.path),
    }),
    opens: [],
  },
  {
    name: 'children-fresh',
    wrong: 'a child scope has a budget of its own and nothing above it',
    line: 'child-scopes',
    break: (_right, _setting, limits) => ({
      charges: ({ scope }) => [{ name: scope, ...(limits['orders:write'] ?? { limit: 1, windowMs: 1 }) }],
    }),
    opens: [],
  },
  {
    name: 'fixed-window',
    wrong: 'windows begin anew at each full length',
    line: 'edge-bursts',
    break: () => ({
      counts: (atMs, nowMs, windowMs) => Math.floor(atMs / windowMs) === Math.floor(nowMs / windowMs),
    }),
    opens: [],
  },
  {
    name: 'counter-read-then-write',
    wrong: 'a counter is read, and written some time later',
    line: 'read-then-write',
    break: () => ({ chargeWriteMs: 30 }),
    opens: [],
  },
  {
    name: 'refused-is-charged',
    wrong: 'a refused request is charged',
    line: 'denied-burns-budget',
    break: () => ({ chargesRefused: true }),
    opens: [],
  },
];
