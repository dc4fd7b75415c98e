/**
 * The store contract as properties, where nonces and time are concerned: laws L5, L9 and L10 for histories of requests,
 * floods and clock steps.
 */
import type { Admission } from '@countersign/server';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Played, play, steadyHistories, unsteadyHistories } from './histories.js';
import { plainModel } from './plain-model.js';
import {
  admissionAt,
  type CreateStore,
  countOf,
  nonceOf,
  type Subject,
  TOLERANCE,
  withStore,
} from './subject.js';

const { pastMs, futureMs } = TOLERANCE;

/** @param numRuns for each property */
export function describeNonceLaws(create: CreateStore, numRuns: number): void {
  const check = <T>(inputs: fc.Arbitrary<T>, property: (input: T) => Promise<void>): Promise<void> =>
    fc.assert(fc.asyncProperty(inputs, property), { numRuns });

  describe('laws of nonces', () => {
    it('L10 gives the answers of a plain list of admissions', () =>
      check(steadyHistories, (steps) =>
        withStore(create, {}, async (subject) => {
          const model = plainModel(TOLERANCE);
          await play(subject, steps, ({ admission, result, nowMs, atMs }) => {
            const answers = model.answers(admission, nowMs, atMs);
            const answer = answers.find(({ outcome }) => outcome === result.outcome) ?? answers[0];
            expect(result).toEqual(answer);
            if (result.outcome === 'admitted') model.admitted(admission, atMs);
          });
        }),
      ));

    it('L5 admits no signature twice, under floods, overflow and clock steps', () =>
      check(
        fc.record({ steps: unsteadyHistories, maxNonces: fc.constantFrom(1, 3, 20) }),
        ({ steps, maxNonces }) =>
          withStore(create, { maxNonces }, async (subject) => {
            const admitted = new Map<string, Played>();
            await play(subject, steps, (played) => {
              if (played.result.outcome !== 'admitted') return;
              expect(admitted.has(signatureOf(played))).toBe(false);
              admitted.set(signatureOf(played), played);
            });
            // At the end the whole recording is played back, on today's clock and on all clocks that it was made on.
            for (const { nowMs } of [{ nowMs: subject.clock.nowMs() }, ...admitted.values()]) {
              subject.clock.step(nowMs - subject.clock.nowMs());
              for (const { admission } of admitted.values()) {
                expect((await subject.store.admit(admission)).outcome).not.toBe('admitted');
              }
            }
          }),
      ));

    it('L14 admits nothing that it has called dead, whatever the clock does', () =>
      check(
        fc.record({ steps: unsteadyHistories, maxNonces: fc.constantFrom(2, 50) }),
        ({ steps, maxNonces }) =>
          withStore(create, { maxNonces }, async (subject) => {
            const dead = new Map<string, Played>();
            await play(subject, steps, (played) => {
              const { result, nowMs } = played;
              if (result.outcome === 'admitted') expect(dead.has(signatureOf(played))).toBe(false);
              if (!('deadSinceMs' in result)) return;
              expect(result.deadSinceMs).toBeLessThanOrEqual(nowMs);
              dead.set(signatureOf(played), played);
            });
            for (const { admission } of dead.values()) {
              subject.clock.step(admission.signedAtMs - subject.clock.nowMs());
              expect((await subject.store.admit(admission)).outcome).not.toBe('admitted');
            }
          }),
      ));

    it('L5 admits one of many copies that arrive together', () =>
      check(
        fc.record({ copies: fc.integer({ min: 2, max: 12 }), others: fc.nat({ max: 4 }) }),
        ({ copies, others }) =>
          withStore(create, {}, async ({ admit }) => {
            const asked = Array.from({ length: copies + others }, (_, index) =>
              admit({ nonce: Math.max(0, index - copies + 1) }),
            );
            const results = await Promise.all(asked);
            expect(countOf('admitted', results)).toBe(1 + others);
            expect(countOf('replayed', results)).toBe(copies - 1);
          }),
      ));

    it('L9 tells those who fall under a horizon when a new signature does not', () =>
      check(
        fc.record({ count: fc.integer({ min: 2, max: 9 }), aheadMs: fc.integer({ min: 0, max: futureMs }) }),
        ({ count, aheadMs }) =>
          withStore(create, { maxNonces: 1 }, async ({ clock, admit }) => {
            for (let nonce = 0; nonce < count; nonce++) {
              expect(await admit({ nonce, ageMs: -aheadMs })).toMatchObject({ outcome: 'admitted' });
              clock.advance(1);
            }
            const late = await admit({ nonce: 99, ageMs: pastMs });
            expect(late).toMatchObject({ outcome: 'recovering' });
            if (late.outcome !== 'recovering') return;
            if (late.retryAfterMs > 0) {
              clock.advance(late.retryAfterMs - 1);
              expect(await admit({ nonce: 99 })).toMatchObject({ outcome: 'recovering', retryAfterMs: 1 });
              clock.advance(1);
            }
            expect(await admit({ nonce: 99 })).toMatchObject({ outcome: 'admitted' });
          }),
      ));

    it("L9 a flood of one key pushes out its own oldest nonces and nobody else's", () => {
      const floods = fc.record({
        maxNonces: fc.integer({ min: 1, max: 20 }),
        more: fc.integer({ min: 1, max: 30 }),
      });
      return check(floods, ({ maxNonces, more }) =>
        withStore(create, { maxNonces }, async (subject) => {
          const { store, clock } = subject;
          const bystander = admissionAt(clock, { key: 'bystander' });
          expect(await store.admit(bystander)).toMatchObject({ outcome: 'admitted' });
          const flood = await floodOf(subject, maxNonces + more);
          expect(await store.admit(bystander)).toEqual({ outcome: 'replayed' });
          for (const admission of flood) {
            const result = await store.admit(admission);
            if (result.outcome === 'replayed') continue;
            expect(result).toMatchObject({ outcome: 'recovering' });
            if (result.outcome !== 'recovering') continue;
            expect(result.deadSinceMs).toBeGreaterThanOrEqual(admission.signedAtMs);
            expect(result.deadSinceMs).toBeLessThanOrEqual(clock.nowMs());
          }
          expect(await store.admit(flood.at(-1) ?? bystander)).toEqual({ outcome: 'replayed' });
        }),
      );
    });

    it('L9 a flooded key that falls silent refuses nobody else', () =>
      withStore(create, { maxNonces: 1 }, async ({ admit, clock }) => {
        await admit({ key: 'flood', nonce: 0, ageMs: -futureMs });
        expect(await admit({ key: 'flood', nonce: 1, ageMs: pastMs })).toMatchObject({ outcome: 'admitted' });
        for (let nonce = 0; nonce < 20; nonce++) {
          clock.advance(1);
          expect(await admit({ key: 'bystander', nonce })).toMatchObject({ outcome: 'admitted' });
        }
        expect(await admit({ key: 'flood', nonce: 0, ageMs: 20 - futureMs })).toMatchObject({
          outcome: 'recovering',
        });
      }));
  });
}

/** A signature: a retry carries the same one. */
function signatureOf({ admission }: Played): string {
  return `${admission.key} ${admission.nonce.join('.')} ${admission.signedAtMs}`;
}

async function floodOf({ store, clock }: Subject, count: number): Promise<Admission[]> {
  const flood: Admission[] = [];
  for (let id = 0; id < count; id++) {
    const admission = { ...admissionAt(clock, { key: 'flood' }), nonce: nonceOf(id) };
    expect(await store.admit(admission)).toMatchObject({ outcome: 'admitted' });
    flood.push(admission);
    clock.advance(1);
  }
  return flood;
}
