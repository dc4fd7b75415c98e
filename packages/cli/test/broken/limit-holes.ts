/** Holes in how requests are counted: a probe has to be told of the budget to find them. */
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
    opens: [
      'limit-concurrent',
      'limit-first-window',
      'limit-refill',
      'limit-sequential',
      'limit-window-edge',
    ],
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
    opens: ['limit-forwarded'],
    mayOpen: ['limit-queries', 'limit-ids', 'limit-child-scopes'],
  },
  {
    name: 'counted-by-query',
    wrong: 'each query has a budget of its own',
    line: 'diluted-budgets',
    break: (right) => ({
      charges: (proved, call, status) =>
        renamed(right.charges(proved, call, status), proved.request.parts.query),
    }),
    opens: ['limit-queries'],
    mayOpen: ['limit-ids', 'limit-child-scopes', 'limit-instances'],
  },
  {
    name: 'counted-by-path',
    wrong: 'each resource id has a budget of its own',
    line: 'diluted-budgets',
    break: (right) => ({
      charges: (proved, call, status) =>
        renamed(right.charges(proved, call, status), proved.request.parts.path),
    }),
    opens: ['limit-ids'],
    mayOpen: ['limit-child-scopes', 'limit-instances'],
  },
  {
    name: 'children-fresh',
    wrong: 'a child scope has a budget of its own and nothing above it',
    line: 'child-scopes',
    break: (_right, _setting, limits) => ({
      charges: ({ scope }) => [{ name: scope, ...(limits['orders:write'] ?? { limit: 1, windowMs: 1 }) }],
    }),
    opens: ['limit-child-scopes'],
    mayOpen: ['limit-instances'],
  },
  {
    name: 'fixed-window',
    wrong: 'windows begin anew at each full length',
    line: 'edge-bursts',
    break: () => ({
      counts: (atMs, nowMs, windowMs) => Math.floor(atMs / windowMs) === Math.floor(nowMs / windowMs),
    }),
    opens: ['limit-window-edge'],
    mayOpen: [
      'limit-child-scopes',
      'limit-concurrent',
      'limit-first-window',
      'limit-forwarded',
      'limit-ids',
      'limit-instances',
      'limit-queries',
      'limit-refill',
      'limit-sequential',
    ],
  },
  {
    name: 'counter-read-then-write',
    wrong: 'a counter is read, and written some time later',
    line: 'read-then-write',
    break: () => ({ chargeWriteMs: 150 }),
    opens: ['limit-concurrent'],
    mayOpen: ['limit-first-window', 'limit-refill', 'limit-window-edge'],
  },
  {
    name: 'refused-is-charged',
    wrong: 'a refused request is charged',
    line: 'denied-burns-budget',
    break: () => ({ chargesRefused: true }),
    opens: ['limit-denied-budget'],
  },
  {
    name: 'memory-per-process',
    wrong: 'each process has nonces and counters of its own',
    line: 'worker-counters',
    break: () => ({ memoryEach: true }),
    opens: ['limit-instances', 'replay-other-instance'],
  },
  {
    name: 'outage-admits',
    wrong: 'a memory that is too busy to answer in time counts as a yes',
    line: 'outage',
    break: () => ({
      ask: (memory) => {
        let waiting = 0;
        return async (proved, call, status) => {
          if (waiting >= 2) return { code: 'admitted', levels: [] };
          waiting++;
          await new Promise((resolve) => setTimeout(resolve, 100));
          waiting--;
          return memory(proved, call, status);
        };
      },
    }),
    opens: ['limit-concurrent', 'replay-concurrent'],
    mayOpen: ['limit-first-window', 'limit-refill', 'limit-sequential', 'limit-window-edge'],
  },
];
