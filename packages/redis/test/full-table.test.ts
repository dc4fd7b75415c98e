/** L8 and L9 for an owner with more budgets than fit: Redis tells the same as memory, and keeps what it tells. */
import { type AdmissionResult, memoryStore, type Store } from '@countersign/server';
import { runs } from '@countersign/testkit';
import { admissionAt, type CreateStore, charge, withStore } from '@countersign/testkit/store-contract';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { injectedStore } from './injected-store.js';
import { startStandalone } from './real-routes.js';

const { route, stop } = await startStandalone();
afterAll(stop);

const TOGETHER = 10;
const RATES = [
  charge('a', 1, 100),
  charge('b', 2, 250),
  charge('c', 3, 900),
  charge('d', 1, 400),
  charge('e', 200, 640),
];
const histories = fc.record({
  maxBudgetsPerOwner: fc.integer({ min: 3, max: 4 }),
  steps: fc.array(
    fc.record({
      charges: fc.subarray(RATES, { minLength: 1, maxLength: 3 }),
      waitMs: fc.constantFrom(0, 0, 1, 10, 99, 100, 150, 250, 400),
    }),
    { minLength: 1, maxLength: 30, size: '+1' },
  ),
});

const both: CreateStore = async (setup) => {
  const { maxBudgetsPerOwner } = setup;
  const stores: readonly Store[] = await Promise.all([
    memoryStore(maxBudgetsPerOwner === undefined ? {} : { maxBudgetsPerOwner }),
    injectedStore(route, setup),
  ]);
  return {
    attach: (window) => stores[0]?.attach?.(window),
    admit: async (admission) => {
      const [memory, redis] = await Promise.all(stores.map((store) => store.admit(admission)));
      if (memory === undefined) throw new Error('no store');
      // What is left of a budget that is idle is told as of one that is new, or not: its place may be gone already.
      expect(redis?.outcome).toBe(memory.outcome);
      // Told early where a budget was used since the table was last looked through, and never late.
      expect(waitOf(redis)).toBeLessThanOrEqual(waitOf(memory));
      expect(waitOf(redis) > 0).toBe(waitOf(memory) > 0);
      if (memory.outcome === 'admitted') expect(redis).toEqual(memory);
      return memory;
    },
    close: async () => {
      await Promise.all(stores.map((store) => store.close?.()));
    },
  };
};

function waitOf(result: AdmissionResult | undefined): number {
  if (result?.outcome !== 'limited') return 0;
  return result.retryAfterMs ?? Number.POSITIVE_INFINITY;
}

it('L8 L9 a full budget table refuses the same as memory, and lets nobody wait for longer', async () => {
  let full = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(histories, { minLength: TOGETHER, maxLength: TOGETHER }), (all) =>
      Promise.all(
        all.map(({ maxBudgetsPerOwner, steps }) =>
          withStore(both, { maxBudgetsPerOwner }, async ({ store, clock }) => {
            for (const [nonce, { charges, waitMs }] of steps.entries()) {
              clock.advance(waitMs);
              const result = await store.admit(admissionAt(clock, { nonce, charges }));
              if (result.outcome === 'limited' && result.levels.some(({ remaining }) => remaining === 0))
                full++;
            }
          }),
        ),
      ).then(() => {}),
    ),
    { numRuns: runs(50) },
  );
  expect(full).toBeGreaterThan(runs(100));
});
