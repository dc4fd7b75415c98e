/**
 * L10 on Redis's own clock, while real milliseconds pass: memory is told after each answer what that clock showed when
 * Redis decided, and must decide the same.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admission, acceptanceWindow, createClock, memoryStore } from '@countersign/server';
import { runs } from '@countersign/testkit';
import { charge, nonceOf } from '@countersign/testkit/store-contract';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { ownClockStore } from './own-clock-store.js';
import { startStandalone } from './real-routes.js';

const { route, stop } = await startStandalone();
afterAll(stop);

const TOLERANCE = { pastMs: 150, futureMs: 40 };
const TOGETHER = 60;
const RATES = [
  charge('one', 1, 30),
  charge('few', 3, 90),
  charge('exact', 128, 70),
  charge('sliced', 129, 64),
];
const OWNERS = new Map([
  ['k', 'o'],
  ['k:', 'o'],
  ['own', 'own'],
]);

const signatures = fc.record({
  key: fc.constantFrom(...OWNERS.keys()),
  /** How long before it is first sent it was signed. */
  ageMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    fc.integer({ min: -TOLERANCE.futureMs - 2, max: TOLERANCE.pastMs + 2 }),
  ),
  charges: fc
    .tuple(fc.subarray(RATES), fc.constantFrom(1, 1, 0.5, 1.01))
    .map(([rates, part]) => rates.map((rate) => ({ ...rate, cost: Math.ceil(rate.limit * part) }))),
});
const histories = fc.record({
  signed: fc.array(signatures, { minLength: 8, maxLength: 8 }),
  steps: fc.array(fc.record({ which: fc.nat({ max: 7 }), waitMs: fc.constantFrom(0, 0, 1, 4, 15, 31, 64) }), {
    minLength: 5,
    maxLength: 25,
    size: 'max',
  }),
});

it('L10 one answer: Redis on its own clock answers as memory does', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(histories, { minLength: TOGETHER, maxLength: TOGETHER }), async (all) => {
      const stores = await Promise.all(all.map(() => ownClockStore(route, TOLERANCE)));
      await sleep(TOLERANCE.pastMs + TOLERANCE.futureMs + 5);
      await Promise.all(
        all.map(async ({ signed, steps }, index) => {
          const own = stores[index];
          if (own === undefined) return;
          let nowMs = Date.now();
          const memory = memoryStore();
          const clock = createClock(
            () => nowMs,
            () => nowMs,
          );
          memory.attach?.(acceptanceWindow(clock, TOLERANCE));
          // A nonce is signed once: what becomes of a second signature, when the first is stale, a store may choose.
          const sent = new Map<number, Admission>();
          for (const { which, waitMs } of steps) {
            await sleep(waitMs);
            const { key = '', ageMs = 0, charges = [] } = signed[which] ?? {};
            const owner = OWNERS.get(key) ?? key;
            const admission = sent.get(which) ?? {
              key,
              owner,
              nonce: nonceOf(which),
              signedAtMs: Date.now() - ageMs,
              charges,
            };
            sent.set(which, admission);
            const result = await own.store.admit(admission);
            nowMs = own.decidedAtMs();
            const expected = await memory.admit(admission);
            if (result.outcome === 'stale' && expected.outcome === 'stale') {
              // Told on the verifier's clock, which has gone on since the server's was read.
              const laterMs = result.deadSinceMs - expected.deadSinceMs;
              expect(laterMs).toBeGreaterThanOrEqual(-1);
              expect(laterMs).toBeLessThanOrEqual(Date.now() - nowMs + 1);
            } else {
              expect(result).toEqual(expected);
            }
            seen.set(result.outcome, (seen.get(result.outcome) ?? 0) + 1);
          }
        }),
      );
      await Promise.all(stores.map(({ store }) => store.close?.()));
    }),
    { numRuns: runs(5), endOnFailure: true },
  );
  for (const outcome of ['admitted', 'replayed', 'limited', 'stale', 'future']) {
    expect(seen.get(outcome), outcome).toBeGreaterThan(0);
  }
});
