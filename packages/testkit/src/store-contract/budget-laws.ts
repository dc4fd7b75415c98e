/**
 * The store contract as properties, where budgets are concerned: laws L6 to L9 for histories of requests and floods.
 */
import type { AdmissionResult, Charge } from '@countersign/server';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Played, play, type Step, steadyHistories } from './histories.js';
import { type CreateStore, charge, countOf, withStore } from './subject.js';

/** @param numRuns for each property */
export function describeBudgetLaws(create: CreateStore, numRuns: number): void {
  const check = <T>(inputs: fc.Arbitrary<T>, property: (input: T) => Promise<void>): Promise<void> =>
    fc.assert(fc.asyncProperty(inputs, property), { numRuns });

  describe('laws of budgets', () => {
    it('L6 a history without its refused requests gives the same answers', () =>
      check(steadyHistories, async (steps) => {
        const charged: Played[] = [];
        await withStore(create, {}, (subject) =>
          play(subject, steps, (played) => {
            if (played.result.outcome === 'admitted') charged.push(played);
          }),
        );
        await withStore(create, {}, async ({ store, clock }) => {
          for (const { admission, result, nowMs } of charged) {
            clock.advance(nowMs - clock.nowMs());
            expect(await store.admit(admission)).toEqual(result);
          }
        });
      }));

    it('L6 L7 admits no more than the limit of those that arrive together', () =>
      check(
        fc.record({ limit: fc.integer({ min: 1, max: 8 }), more: fc.nat({ max: 6 }) }),
        ({ limit, more }) =>
          withStore(create, {}, async ({ admit }) => {
            const charges = [charge('roomy', 100, 1_000), charge('tight', limit, 1_000)];
            const asked = Array.from({ length: limit + more }, (_, nonce) => admit({ nonce, charges }));
            const results = await Promise.all(asked);
            expect(countOf('admitted', results)).toBe(limit);
            expect(countOf('limited', results)).toBe(more);
            expect(await admit({ nonce: 99, charges: [charge('roomy', 100, 1_000)] })).toMatchObject({
              levels: [{ remaining: 99 - limit }],
            });
          }),
      ));

    it('L7 admits at most the limit in any half-open window, wherever it starts', () =>
      check(steadyHistories, (steps) =>
        withStore(create, {}, async (subject) => {
          const taken = new Map<string, Taken[]>();
          await play(subject, twice(steps), ({ admission, result, atMs }) => {
            if (result.outcome !== 'admitted') return;
            for (const due of admission.charges) {
              const budget = `${admission.owner} ${due.policy}`;
              taken.set(budget, [...(taken.get(budget) ?? []), { ...due, atMs }]);
            }
          });
          for (const entries of taken.values()) expectStrict(entries);
        }),
      ));

    it('L7 never refuses a client that spaces its requests evenly at 95 % of the rate', () => {
      const rates = fc.record({
        limit: fc.integer({ min: 1, max: 150 }),
        windowMs: fc.integer({ min: 1_000, max: 60_000 }),
      });
      return check(rates, ({ limit, windowMs }) =>
        withStore(create, {}, async ({ admit, clock }) => {
          const startMs = clock.monotonicMs();
          const spacingMs = windowMs / (0.95 * limit);
          for (let nonce = 0; nonce < limit + 3; nonce++) {
            clock.advance(Math.floor(startMs + nonce * spacingMs) - clock.monotonicMs());
            const result = await admit({ nonce, charges: [charge('rate', limit, windowMs)] });
            if (result.outcome !== 'admitted') throw new Error(`request ${nonce} was refused`);
          }
        }),
      );
    });

    it('L8 what was refused with T is admitted at T and refused at T - 1', () =>
      check(fc.record({ steps: steadyHistories, cost: fc.integer({ min: 1, max: 3 }) }), ({ steps, cost }) =>
        withStore(create, {}, async (subject) => {
          await play(subject, twice(steps), () => {});
          const { admit, clock } = subject;
          const charges = [
            charge('one', 1, 300),
            charge('few', 3, 1_000, cost),
            charge('sliced', 129, 1_000, 40 * cost),
          ];
          for (let nonce = 100; nonce < 104; nonce++) {
            const result = await admit({ key: 'k', owner: 'o', nonce, charges });
            if (result.outcome !== 'limited') continue;
            const wait = result.retryAfterMs ?? Number.NaN;
            expect(wait).toBeGreaterThan(0);
            clock.advance(wait - 1);
            expect(await admit({ key: 'k', owner: 'o', nonce, charges })).toMatchObject({ retryAfterMs: 1 });
            clock.advance(1);
            expect(await admit({ key: 'k', owner: 'o', nonce, charges })).toMatchObject({
              outcome: 'admitted',
            });
          }
        }),
      ));

    it('L9 a full budget table refuses new budgets of that owner, with the time; it never evicts a live one', () => {
      const tables = fc.record({
        maxBudgetsPerOwner: fc.integer({ min: 1, max: 6 }),
        gapMs: fc.integer({ min: 1, max: 99 }),
      });
      return check(tables, ({ maxBudgetsPerOwner, gapMs }) =>
        withStore(create, { maxBudgetsPerOwner }, async ({ admit, clock }) => {
          let nonce = 0;
          const one = (policy: string, owner = 'o'): Promise<AdmissionResult> =>
            admit({ owner, nonce: nonce++, charges: [charge(policy, 2, 1_000)] });
          for (let id = 0; id < maxBudgetsPerOwner; id++) {
            clock.advance(gapMs);
            expect(await one(`${id}`)).toMatchObject({ outcome: 'admitted' });
          }
          const wait = 1_000 - gapMs * (maxBudgetsPerOwner - 1);
          expect(await one('new')).toMatchObject({
            outcome: 'limited',
            retryAfterMs: wait,
            levels: [{ violated: true }],
          });
          expect(await one('new', 'p')).toMatchObject({ outcome: 'admitted' });
          clock.advance(wait - 1);
          expect(await one('new')).toMatchObject({ outcome: 'limited', retryAfterMs: 1 });
          const last = `${maxBudgetsPerOwner - 1}`;
          expect(await one(last)).toMatchObject({ outcome: 'admitted', levels: [{ remaining: 0 }] });
          expect(await one(last)).toMatchObject({ outcome: 'limited' });
          if (maxBudgetsPerOwner === 1) return;
          clock.advance(1);
          expect(await one('new')).toMatchObject({ outcome: 'admitted' });
          expect(await one(last)).toMatchObject({ outcome: 'limited' });
        }),
      );
    });
  });
}

type Taken = Charge & { readonly atMs: number };

function expectStrict(entries: readonly Taken[]): void {
  for (const start of entries) {
    const inside = entries.filter(({ atMs }) => atMs >= start.atMs && atMs < start.atMs + start.windowMs);
    expect(inside.reduce((units, { cost }) => units + cost, 0)).toBeLessThanOrEqual(start.limit);
  }
}

/** Each step twice, so that budgets are asked for more than they have. */
function twice(steps: readonly Step[]): Step[] {
  return steps.flatMap((step): Step[] =>
    step.kind === 'ask' ? [step, { ...step, nonce: step.nonce + 500 }] : [step],
  );
}
