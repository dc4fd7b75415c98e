/** Undo: what came too late is taken back as if it had never been, and never more than that. */
import type { Admission, BudgetLevel, Charge } from '@countersign/server';
import { runs } from '@countersign/testkit';
import { admissionAt, charge, TOLERANCE } from '@countersign/testkit/store-contract';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { type Asked, type Laboratory, laboratory } from './laboratory.js';
import { startStandalone } from './real-routes.js';

const { route, stop } = await startStandalone();
afterAll(stop);

const TOGETHER = 10;
const RATES = [charge('one', 1, 300), charge('few', 4, 5_000), charge('odd', 200, 333)];
const TOO_MUCH = RATES.map((rate): Charge => ({ ...rate, cost: rate.limit + 1 }));
const NONCES = 18;

type Signed = ReadonlyMap<number, Admission>;

type Move =
  | {
      readonly kind: 'ask';
      readonly nonce: number;
      readonly ageMs: number;
      readonly charges: readonly Charge[];
    }
  | { readonly kind: 'undo'; readonly which: number; readonly times: number }
  | { readonly kind: 'advance'; readonly ms: number };

const asks = fc.record({
  kind: fc.constant('ask' as const),
  nonce: fc.nat({ max: NONCES }),
  ageMs: fc.constantFrom(0, 0, 50, 500),
  charges: fc
    .tuple(fc.subarray(RATES, { minLength: 1 }), fc.constantFrom(1, 1, 2, 60))
    .map(([rates, cost]) => rates.map((rate) => ({ ...rate, cost: Math.min(cost, rate.limit) }))),
});
const histories: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: asks },
    {
      weight: 3,
      arbitrary: fc
        .record({ which: fc.nat({ max: 4 }), times: fc.constantFrom(1, 1, 2) })
        .map((undo): Move => ({ kind: 'undo', ...undo })),
    },
    {
      weight: 3,
      arbitrary: fc
        .constantFrom(0, 1, 5, 150, 299, 300, 333, 700)
        .map((ms): Move => ({ kind: 'advance', ms })),
    },
  ),
  { minLength: 1, maxLength: 25, size: '+1' },
);

/**
 * Plays a history, and then what of it was admitted and not undone; gives both.
 *
 * @param latestMs after its signing an admission is not undone any more: a nonce that was forgotten gives nothing back
 */
async function withAndWithout(
  moves: readonly Move[],
  latestMs: number,
): Promise<[Laboratory, Laboratory, Signed]> {
  const [one, other] = await Promise.all([laboratory(route), laboratory(route)]);
  const signed = new Map<number, Admission>();
  const kept: { asked: Asked; nowMs: number }[] = [];
  for (const move of moves) {
    if (move.kind === 'advance') one.clock.advance(move.ms);
    if (move.kind === 'ask') {
      // A nonce is signed once: what a store does with a second signature, when the first is stale, is its choice.
      const admission = signed.get(move.nonce) ?? admissionAt(one.clock, move);
      signed.set(move.nonce, admission);
      const asked = await one.admit(admission);
      if (asked.result.outcome === 'admitted') kept.push({ asked, nowMs: one.clock.nowMs() });
    }
    if (move.kind === 'undo') {
      const [late] = kept.slice(-1 - move.which);
      if (late === undefined || late.asked.admission.signedAtMs + latestMs < one.clock.nowMs()) continue;
      for (let time = 0; time < move.times; time++) await one.undo(late.asked);
      kept.splice(kept.indexOf(late), 1);
    }
  }
  for (const { asked, nowMs } of kept) {
    other.clock.advance(nowMs - other.clock.nowMs());
    expect((await other.admit(asked.admission)).result.outcome).toBe('admitted');
  }
  other.clock.advance(one.clock.nowMs() - other.clock.nowMs());
  return [one, other, signed];
}

/** What is left of every budget, and whether each nonce is taken, asked in a way that changes nothing. */
async function stateOf({ admit }: Laboratory, signed: Signed): Promise<unknown[]> {
  const state: unknown[] = [];
  for (const admission of signed.values()) {
    const { result } = await admit({ ...admission, charges: TOO_MUCH });
    state.push(result.outcome);
    if (result.outcome === 'limited') state.push(result.levels);
  }
  return state;
}

async function levelsOf({ admit, clock }: Laboratory): Promise<readonly BudgetLevel[]> {
  const { result } = await admit(admissionAt(clock, { nonce: 999, charges: TOO_MUCH }));
  return result.outcome === 'limited' ? result.levels : [];
}

const several = fc.array(histories, { minLength: TOGETHER, maxLength: TOGETHER });

it('L6 a history without its undone admissions leaves the same nonces and budgets', async () => {
  let undone = 0;
  await fc.assert(
    fc.asyncProperty(several, (all) =>
      Promise.all(
        all.map(async (moves) => {
          undone += moves.filter(({ kind }) => kind === 'undo').length;
          const [one, other, signed] = await withAndWithout(moves, TOLERANCE.pastMs);
          expect(await stateOf(one, signed)).toEqual(await stateOf(other, signed));
        }),
      ).then(() => {}),
    ),
    { numRuns: runs(100) },
  );
  expect(undone).toBeGreaterThan(runs(1_000));
});

it('L7 an undo gives back no more than was taken, however late it comes', () =>
  fc.assert(
    fc.asyncProperty(several, (all) =>
      Promise.all(
        all.map(async (moves) => {
          const [one, other] = await withAndWithout(moves, Number.POSITIVE_INFINITY);
          const most = await levelsOf(other);
          for (const [index, { remaining }] of (await levelsOf(one)).entries()) {
            expect(remaining).toBeLessThanOrEqual(most[index]?.remaining ?? Number.NaN);
          }
        }),
      ).then(() => {}),
    ),
    { numRuns: runs(100) },
  ));

it('an undo of what was never admitted, or under another time, changes nothing', async () => {
  const { clock, admit, undo } = await laboratory(route);
  const charges = [charge('few', 4, 5_000)];
  const asked = await admit(admissionAt(clock, { charges }));
  clock.advance(1);
  await undo({ ...asked, admission: admissionAt(clock, { nonce: 1, charges }) });
  await undo({ ...asked, admission: admissionAt(clock, { nonce: 0, charges }) });
  await undo({ ...asked, admission: admissionAt(clock, { key: 'other', owner: 'key', charges }) });
  expect((await admit(asked.admission)).result).toEqual({ outcome: 'replayed' });
  expect((await admit(admissionAt(clock, { nonce: 2, charges }))).result).toMatchObject({
    levels: [{ remaining: 2 }],
  });
  await undo(asked);
  expect((await admit(asked.admission)).result).toMatchObject({ outcome: 'admitted' });
});
