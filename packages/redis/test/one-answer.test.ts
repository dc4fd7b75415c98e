/** L10: one history, asked of memory, Redis and Redis Cluster at once, on one clock that all of them are given. */
import { type Admission, type AdmissionResult, memoryStore, type Store } from '@countersign/server';
import { runs } from '@countersign/testkit';
import {
  type CreateStore,
  type PlainModel,
  plainModel,
  play,
  type StoreSetup,
  steadyHistories,
  TOLERANCE,
  withStore,
} from '@countersign/testkit/store-contract';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { injectedStore } from './injected-store.js';
import { startStandalone, startThreeMasters } from './real-routes.js';

const [standalone, cluster] = await Promise.all([startStandalone(), startThreeMasters()]);
afterAll(() => Promise.all([standalone.stop(), cluster.stop()]));

/** Histories that are played side by side, so that none waits for the network alone. */
const TOGETHER = 10;

/** Thrown where stores may answer differently, and do: what comes after has another past for each. */
class Parted extends Error {}

it('L10 one answer: memory, Redis and Redis Cluster give the same outcomes for the same history', async () => {
  const seen = new Map<AdmissionResult['outcome'], number>();
  let parted = 0;
  const playOne = async (steps: Parameters<typeof play>[1]): Promise<void> => {
    try {
      await withStore(allAtOnce, {}, (subject) =>
        play(subject, steps, ({ result: { outcome } }) => {
          seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
        }),
      );
    } catch (error) {
      if (!(error instanceof Parted)) throw error;
      parted++;
    }
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(steadyHistories, { minLength: TOGETHER, maxLength: TOGETHER }),
      async (histories) => {
        await Promise.all(histories.map(playOne));
      },
    ),
    { numRuns: runs(110) },
  );
  expect(parted).toBeLessThan(runs(110));
  for (const outcome of ['admitted', 'replayed', 'limited', 'stale', 'future'] as const) {
    expect(seen.get(outcome)).toBeGreaterThan(runs(50));
  }
});

/** Asks three stores each time and answers what all of them say. */
const allAtOnce: CreateStore = async (setup) => {
  const stores: readonly Store[] = await Promise.all([
    memoryStore(),
    injectedStore(standalone.route, setup),
    injectedStore(cluster.route, setup),
  ]);
  const model = plainModel(TOLERANCE);
  return {
    attach: (window) => stores[0]?.attach?.(window),
    admit: async (admission) => {
      const [first, ...others] = await Promise.all(stores.map((store) => store.admit(admission)));
      if (first === undefined) throw new Error('no store');
      for (const other of others) requireSame(first, other, model, admission, setup);
      if (first.outcome === 'admitted') model.admitted(admission, setup.clock.monotonicMs());
      return first;
    },
    close: async () => {
      await Promise.all(stores.map((store) => store.close?.()));
    },
  };
};

/** The one freedom: a nonce whose signature is no longer fresh may be forgotten already, or not yet. */
function requireSame(
  one: AdmissionResult,
  other: AdmissionResult,
  model: PlainModel,
  admission: Admission,
  { clock }: StoreSetup,
): void {
  if (one.outcome === other.outcome) {
    expect(other).toEqual(one);
    return;
  }
  const free = model.answers(admission, clock.nowMs(), clock.monotonicMs()).map(({ outcome }) => outcome);
  expect(free).toEqual(expect.arrayContaining([one.outcome, other.outcome]));
  throw new Parted();
}
