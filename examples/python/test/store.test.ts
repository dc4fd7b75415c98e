/**
 * The Python store before the contract that every store keeps, and beside the memory store of TypeScript: one history,
 * one answer.
 */
import { acceptanceWindow, memoryStore, type Store } from '@countersign/server';
import { runs } from '@countersign/testkit';
import {
  fakeClock,
  type Played,
  play,
  type Step,
  steadyHistories,
  storeContract,
  TOLERANCE,
  unsteadyHistories,
} from '@countersign/testkit/store-contract';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { pythonChild } from './python-child.js';
import { pythonStore } from './python-store.js';

const child = pythonChild();
afterAll(() => child.close());

storeContract('examples/python', { create: (setup) => pythonStore(child, setup), numRuns: 100 });

async function answersOf(create: (clock: ReturnType<typeof fakeClock>) => Promise<Store>, steps: readonly Step[]) {
  const clock = fakeClock();
  const store = await create(clock);
  store.attach?.(acceptanceWindow(clock.clock, TOLERANCE));
  const played: Played[] = [];
  await play({ store, clock, admit: () => Promise.reject(new Error('not used')) }, steps, (answer) =>
    played.push(answer),
  );
  await store.close?.();
  return played;
}

const both = async (steps: readonly Step[]): Promise<[Played[], Played[]]> => [
  await answersOf((clock) => pythonStore(child, { clock }), steps),
  await answersOf(async () => memoryStore(), steps),
];

describe('examples/python beside memoryStore', () => {
  it('L10 one answer: the same history gives the same outcomes, levels and waits', async () => {
    await fc.assert(
      fc.asyncProperty(steadyHistories, async (steps) => {
        const [python, typescript] = await both(steps);
        expect(python.map(({ result }) => result)).toEqual(typescript.map(({ result }) => result));
      }),
      { numRuns: runs(1000) },
    );
  });

  it('L10 one answer: also while somebody sets the wall clock', async () => {
    await fc.assert(
      fc.asyncProperty(unsteadyHistories, async (steps) => {
        const [python, typescript] = await both(steps);
        expect(python.map(({ result }) => result)).toEqual(typescript.map(({ result }) => result));
      }),
      { numRuns: runs(1000) },
    );
  });
});
