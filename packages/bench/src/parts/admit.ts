/** Admission alone in memory: a nonce claimed and two budgets charged, beside limiters with a Map of nonces before them. */
import { randomFillSync } from 'node:crypto';
import { acceptanceWindow, createClock, memoryStore } from '@countersign/server';
import { alternate, type Call, timed } from '../alternate.js';
import type { Extent } from '../extent.js';
import type { Measured } from '../results.js';
import { made } from '../subjects/calls.js';
import { COUNTERSIGN } from '../subjects/countersign.js';
import { nonceMap } from '../subjects/hawk.js';
import { CHARGES, type Consume, expressBudgets, flexibleBudgets, honoBudgets } from '../subjects/limiters.js';

const KEY = 'key_live_1';

function withCountersign(): Call<Uint8Array> {
  const store = memoryStore();
  store.attach?.(acceptanceWindow(createClock()));
  return {
    name: COUNTERSIGN,
    role: 'us',
    note: 'memory store; all or nothing',
    prepare: (count) => made(count, () => randomFillSync(new Uint8Array(16))),
    call: (nonce) => {
      const result = store.admit({ key: KEY, owner: KEY, nonce, signedAtMs: Date.now(), charges: CHARGES });
      if (result instanceof Promise || result.outcome !== 'admitted') throw new Error('not admitted');
    },
  };
}

function withMapAnd(name: string, consume: Consume): Call<string> {
  const claim = nonceMap();
  return {
    name: `Map + ${name}`,
    role: 'peer',
    prepare: (count) => made(count, () => crypto.randomUUID()),
    call: (nonce) => {
      claim(KEY, nonce, '1763750000');
      return consume(KEY);
    },
  };
}

export async function measureAdmit(extent: Extent): Promise<Measured> {
  const subjects = [
    timed(withCountersign(), extent),
    timed(withMapAnd('rate-limiter-flexible', flexibleBudgets()), extent),
    timed(withMapAnd('express-rate-limit', expressBudgets()), extent),
    timed(withMapAnd('hono-rate-limiter', honoBudgets()), extent),
  ];
  return {
    comparisons: [
      {
        id: 'admit',
        title: 'Admission in memory: a nonce and two budgets',
        unit: 'µs',
        better: 'less',
        rows: await alternate(subjects, extent),
        notes: [
          'The limiters’ own stores without their middleware; fixed windows, charged one after the other.',
        ],
      },
    ],
    figures: {},
  };
}
