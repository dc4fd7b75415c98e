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

storeContract('examples/python', { create: (setup) => pythonStore(child, setup), numRuns: 25 });

async function answersOf(
  create: (clock: ReturnType<typeof fakeClock>) => Promise<Store>,
  steps: readonly Step[],
) {
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
      { numRuns: runs(200) },
    );
  });

  it('L10 one answer: the same outcomes until a clock that was set back meets a horizon', async () => {
    // A store may share the horizons that rise by age among keys, or not (spec 6): from there on the two may part. And
    // since when a signature is dead may be told later than the truth.
    const comparable = (one: readonly Played[], other: readonly Played[]) => {
      const end = one.findIndex((_, index) =>
        [one, other].some((played) => played[index]?.result.outcome === 'recovering'),
      );
      return one.slice(0, end < 0 ? one.length : end).map(({ result }) => ({ ...result, deadSinceMs: 0 }));
    };
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(unsteadyHistories, async (steps) => {
        const [python, typescript] = await both(steps);
        compared += comparable(python, typescript).length;
        expect(comparable(python, typescript)).toEqual(comparable(typescript, python));
      }),
      { numRuns: runs(200) },
    );
    expect(compared).toBeGreaterThan(runs(200) * 5);
  });
});
