/** Clients that want more than their rate: real processes at full speed, and those who share with them. */
import type { CallResult } from '../client/messages.js';
import type { Ledger } from '../ledger.js';
import { NUMBERED_ORDER_BODY } from '../signing.js';
import type { Step } from '../step.js';

const ORDER = { method: 'POST', path: '/v1/orders', body: NUMBERED_ORDER_BODY } as const;
const FLOOD = { ...ORDER, concurrency: 12 } as const;
const EDGE_FOR_MS = 2_600;
/** 95 % of 20/s. */
const STEADY_SPACING_MS = 53;

export const acrossTheEdge: Step = {
  name: 'bursts across windows’ edges, 20/s and 150/2s',
  promise: 'no window holds more; 95 % is never refused',
  run: async (world, { equal, must }) => {
    const options = { direct: true, attempts: 1 } as const;
    const [small, large, steady] = await Promise.all([
      world.startPartner('edge_small', options),
      world.startPartner('edge_large', options),
      world.startPartner('steady', options),
    ]);
    const [refusedSmall, refusedLarge, paced] = await Promise.all([
      small.run({ ...FLOOD, call: 'edge-small-{n}', forMs: EDGE_FOR_MS, spacingMs: 5 }),
      large.run({ ...FLOOD, call: 'edge-large-{n}', forMs: EDGE_FOR_MS, spacingMs: 5 }),
      steady.run({ ...ORDER, call: 'steady-{n}', forMs: EDGE_FOR_MS, spacingMs: STEADY_SPACING_MS }),
    ]);
    const fullest = ['edge_small', 'edge_large'].map((owner) =>
      fullestUnits(world.ledger, owner, 'orders:write'),
    );
    must((fullest[0] ?? 0) <= 20, `a second held ${fullest[0]} of 20`);
    must((fullest[1] ?? 0) <= 150, `two seconds held ${fullest[1]} of 150`);
    must(refused(refusedSmall) > 0 && refused(refusedLarge) > 0, 'the flood was no flood');
    equal('refusals of the one who keeps to the rate', refused(paced), 0);
    equal('answers to him', admitted(paced), paced.length);
    return `fullest window ${fullest[0]} of 20, ${fullest[1]} of 150; ${admitted(paced)} of ${paced.length} at 95 %`;
  },
};

export const floodedScope: Step = {
  name: 'a key that floods writes while it goes on reading',
  promise: 'writes stop at 20/s, no read is refused',
  run: async (world, { equal, must }) => {
    const flooder = await world.startPartner('flooder', { direct: true, attempts: 1 });
    const reader = await world.startPartner('flooder', { direct: true, attempts: 1 });
    const [writes, reads] = await Promise.all([
      flooder.run({ ...FLOOD, call: 'flood-{n}', forMs: 1_600 }),
      reader.run({ call: 'read-{n}', method: 'GET', path: '/v1/orders/1001', forMs: 1_600, spacingMs: 10 }),
    ]);
    const fullest = fullestUnits(world.ledger, 'flooder', 'orders:write');
    must(fullest <= 20, `a second held ${fullest} writes of 20`);
    must(refused(writes) > 0, 'the flood was no flood');
    equal('reads admitted', admitted(reads), reads.length);
    must(reads.length >= 5, `only ${reads.length} reads came through`);
    return `${admitted(writes)} of ${writes.length} writes, ${admitted(reads)} of ${reads.length} reads`;
  },
};

export const sharedBudget: Step = {
  name: 'two keys of one owner, both at full speed',
  promise: 'together no more than the owner’s 30/s',
  run: async (world, { must, equal }) => {
    const options = { direct: true, attempts: 1 } as const;
    const twins = await Promise.all([
      world.startPartner('twin_a', options),
      world.startPartner('twin_b', options),
    ]);
    const [a = [], b = []] = await Promise.all(
      twins.map((twin, i) => twin.run({ ...FLOOD, call: `twin-${i}-{n}`, forMs: 1_600, spacingMs: 5 })),
    );
    const windows = world.ledger.fullestWindows().filter(({ policy }) => policy.startsWith('orders 30/'));
    equal('budgets that were charged', windows.map(({ owner }) => owner).join(), 'twins');
    const fullest = Math.max(0, ...windows.map(({ units }) => units));
    must(fullest <= 30, `a second held ${fullest} of 30`);
    must(refused(a) > 0 && refused(b) > 0, 'not both of them were refused anything');
    return `${admitted(a)} + ${admitted(b)} admitted, fullest second ${fullest} of 30`;
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
