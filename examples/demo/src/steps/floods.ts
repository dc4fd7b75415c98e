/** Clients that want more than their rate: real processes at full speed, and those who share with them. */
import type { CallResult } from '../client/messages.js';
import type { Ledger } from '../ledger.js';
import { NUMBERED_ORDER_BODY } from '../signing.js';
import type { Step } from '../step.js';

const ORDER = { method: 'POST', path: '/v1/orders', body: NUMBERED_ORDER_BODY } as const;
const FLOOD = { ...ORDER, concurrency: 12 } as const;
const EDGE_FOR_MS = 2_300;
/** 95 % of 20/s. */
const STEADY_SPACING_MS = 53;

export const acrossTheEdge: Step = {
  name: 'bursts across the edges of windows',
  promise: 'no window holds more; 95 % is never refused',
  run: async (world, { equal, must }) => {
    const options = { direct: true, attempts: 1 } as const;
    const [small, large, steady] = await Promise.all([
      world.partner('edge_small', options),
      world.partner('edge_large', options),
      world.partner('steady', options),
    ]);
    // 10/s, and 130/s for calls of 13 units: the product counts small and large limits in two ways.
    const exports = { method: 'POST', path: '/v1/exports/everything', body: '{}', concurrency: 12 } as const;
    const [orders, exported, paced] = await Promise.all([
      small.run({ ...FLOOD, call: 'edge-small-{n}', forMs: EDGE_FOR_MS }),
      large.run({ ...exports, call: 'edge-large-{n}', forMs: EDGE_FOR_MS }),
      steady.run({ ...ORDER, call: 'steady-{n}', forMs: EDGE_FOR_MS, spacingMs: STEADY_SPACING_MS }),
    ]);
    const fullestSmall = fullestUnits(world.ledger, 'edge_small', 'orders:write');
    const fullestLarge = fullestUnits(world.ledger, 'edge_large', 'exports');
    must(fullestSmall <= 10, `a second held ${fullestSmall} units of 10`);
    must(fullestLarge <= 130, `a second held ${fullestLarge} units of 130`);
    must(refused(orders) > 0 && refused(exported) > 0, 'the flood was no flood');
    equal('answers to the one who keeps to 95 %', admitted(paced), paced.length);
    return `fullest second ${fullestSmall} of 10, ${fullestLarge} of 130; at 95 %: ${admitted(paced)} of ${paced.length}`;
  },
};

export const floodedScope: Step = {
  name: 'a key that floods writes while it goes on reading',
  promise: 'writes stop at 10/s, no read is refused',
  run: async (world, { equal, must }) => {
    const options = { direct: true, attempts: 1 } as const;
    const [flooder, reader] = await Promise.all([
      world.partner('flooder', { ...options, instance: 1 }),
      world.partner('flooder', { ...options, instance: 2 }),
    ]);
    const [writes, reads] = await Promise.all([
      flooder.run({ ...FLOOD, call: 'flood-{n}', forMs: 1_600 }),
      reader.run({ call: 'read-{n}', method: 'GET', path: '/v1/orders/1001', forMs: 1_600, spacingMs: 10 }),
    ]);
    const fullest = fullestUnits(world.ledger, 'flooder', 'orders:write');
    must(fullest <= 10, `a second held ${fullest} writes of 10`);
    must(refused(writes) > 0, 'the flood was no flood');
    equal('reads admitted', admitted(reads), reads.length);
    must(reads.length >= 5, `only ${reads.length} reads came through`);
    return `${admitted(writes)} of ${writes.length} writes, ${admitted(reads)} of ${reads.length} reads`;
  },
};

export const sharedBudget: Step = {
  name: 'two keys of one owner, both at full speed',
  promise: 'together no more than the owner’s 10/s',
  run: async (world, { must, equal }) => {
    const options = { direct: true, attempts: 1 } as const;
    const twins = await Promise.all([world.partner('twin_a', options), world.partner('twin_b', options)]);
    const [a = [], b = []] = await Promise.all(
      twins.map((twin, i) => twin.run({ ...FLOOD, call: `twin-${i}-{n}`, forMs: 1_600 })),
    );
    const windows = world.ledger.fullestWindows().filter(({ policy }) => policy.startsWith('orders 10/1s'));
    equal(
      'budgets that were charged',
      windows
        .map(({ owner }) => owner)
        .sort()
        .join(),
      'twins',
    );
    const fullest = Math.max(0, ...windows.map(({ units }) => units));
    must(fullest <= 10, `a second held ${fullest} of 10`);
    must(refused(a) > 0 && refused(b) > 0, 'not both of them were refused anything');
    return `${admitted(a)} + ${admitted(b)} admitted, fullest second ${fullest} of 10`;
  },
};

function fullestUnits(ledger: Ledger, owner: string, scope: string): number {
  const windows = ledger.fullestWindows(owner).filter(({ policy }) => policy.startsWith(`${scope} `));
  // Without a budget nothing was limited: whatever was admitted counts.
  return windows.length === 0
    ? ledger.admissionsOf(owner).length
    : Math.max(...windows.map(({ units }) => units));
}

function admitted(results: readonly CallResult[]): number {
  return results.filter(({ status = 0 }) => status >= 200 && status < 300).length;
}

function refused(results: readonly CallResult[]): number {
  return results.filter(({ code }) => code === 'rate-limited').length;
}
