/**
 * The store contract, example by example: every outcome, what it says, and which comes first.
 */
import { acceptanceWindow } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import { START_MS } from './fake-clock.js';
import { type CreateStore, charge, TOLERANCE, withStore } from './subject.js';

const { pastMs, futureMs } = TOLERANCE;

export function describeOutcomes(create: CreateStore): void {
  describe('outcomes', () => {
    it('admits, and tells what each budget has left in the order of the charges', () =>
      withStore(create, {}, async ({ admit }) => {
        const charges = [charge('b', 5, 1_000, 2), charge('a', 3, 500)];
        expect(await admit({ charges })).toEqual({
          outcome: 'admitted',
          levels: [
            { policy: 'b', limit: 5, windowMs: 1_000, remaining: 3, resetMs: 1_000 },
            { policy: 'a', limit: 3, windowMs: 500, remaining: 2, resetMs: 500 },
          ],
        });
        expect(await admit({ nonce: 1 })).toEqual({ outcome: 'admitted', levels: [] });
      }));

    it('takes both edges of the window for fresh', () =>
      withStore(create, {}, async ({ admit }) => {
        expect(await admit({ nonce: 1, ageMs: pastMs })).toMatchObject({ outcome: 'admitted' });
        expect(await admit({ nonce: 2, ageMs: -futureMs })).toMatchObject({ outcome: 'admitted' });
        expect(await admit({ nonce: 3, ageMs: -futureMs - 1 })).toEqual({ outcome: 'future' });
        const stale = await admit({ key: 'other', nonce: 4, ageMs: pastMs + 1 });
        expect(stale).toMatchObject({ outcome: 'stale' });
        expect(stale).toHaveProperty('deadSinceMs', START_MS - 1);
      }));

    it("a fast clock's signature that becomes fresh later is admitted then, and once", () =>
      withStore(create, {}, async ({ admit, clock }) => {
        expect(await admit({ ageMs: -futureMs - 50 })).toEqual({ outcome: 'future' });
        clock.advance(50);
        expect(await admit({ ageMs: -futureMs })).toMatchObject({ outcome: 'admitted' });
        expect(await admit({ ageMs: -futureMs })).toEqual({ outcome: 'replayed' });
      }));

    it('says replayed as long as the signature is fresh, and stale after that', () =>
      withStore(create, {}, async ({ admit, clock }) => {
        await admit();
        clock.advance(pastMs);
        expect(await admit({ ageMs: pastMs })).toEqual({ outcome: 'replayed' });
        clock.advance(1);
        expect(await admit({ ageMs: pastMs + 1 })).toMatchObject({ outcome: 'stale' });
      }));

    it('a nonce admitted under one ts is replayed under another', () =>
      withStore(create, {}, async ({ admit }) => {
        await admit({ ageMs: 10 });
        for (const ageMs of [0, 11, -futureMs, pastMs])
          expect(await admit({ ageMs })).toEqual({ outcome: 'replayed' });
      }));

    it("remembers nonces by key: one key cannot spend another's, of the same owner or not", () =>
      withStore(create, {}, async ({ admit }) => {
        for (const key of ['a', 'b', 'a:', 'A']) {
          expect(await admit({ key, owner: 'o' })).toMatchObject({ outcome: 'admitted' });
        }
        expect(await admit({ key: 'a', owner: 'o' })).toEqual({ outcome: 'replayed' });
      }));

    it('compares all 16 bytes of a nonce', () =>
      withStore(create, {}, async ({ store, clock }) => {
        const asked = { key: 'k', owner: 'k', signedAtMs: clock.nowMs(), charges: [] };
        const nonce = new Uint8Array(16).fill(0x5a);
        expect(await store.admit({ ...asked, nonce })).toMatchObject({ outcome: 'admitted' });
        for (let index = 0; index < 16; index++) {
          const other = Uint8Array.from(nonce, (byte, at) => (at === index ? byte ^ 1 : byte));
          expect(await store.admit({ ...asked, nonce: other })).toMatchObject({ outcome: 'admitted' });
        }
        expect(await store.admit({ ...asked, nonce })).toEqual({ outcome: 'replayed' });
      }));

    it('says which budgets have too little left, and when they have enough', () =>
      withStore(create, {}, async ({ admit, clock }) => {
        const charges = [charge('tight', 1, 1_000), charge('roomy', 9, 1_000)];
        await admit({ nonce: 1, charges });
        clock.advance(300);
        expect(await admit({ nonce: 2, charges })).toEqual({
          outcome: 'limited',
          retryAfterMs: 700,
          levels: [
            { policy: 'tight', limit: 1, windowMs: 1_000, remaining: 0, resetMs: 700, violated: true },
            { policy: 'roomy', limit: 9, windowMs: 1_000, remaining: 8, resetMs: 700 },
          ],
        });
      }));

    it('a cost above the limit is refused for ever and says so', () =>
      withStore(create, {}, async ({ admit }) => {
        const result = await admit({ charges: [charge('small', 2, 1_000, 3)] });
        expect(result).toMatchObject({ outcome: 'limited', levels: [{ remaining: 2, violated: true }] });
        expect(result).not.toHaveProperty('retryAfterMs');
      }));

    it('budgets belong to owners: keys of one owner share them, others do not', () =>
      withStore(create, {}, async ({ admit }) => {
        const charges = [charge('one', 1, 1_000)];
        expect(await admit({ key: 'a', owner: 'o', charges })).toMatchObject({ outcome: 'admitted' });
        expect(await admit({ key: 'b', owner: 'o', charges })).toMatchObject({ outcome: 'limited' });
        expect(await admit({ key: 'c', owner: 'p', charges })).toMatchObject({ outcome: 'admitted' });
      }));
  });

  describe('the order inside', () => {
    const spent = [charge('one', 1, 60_000)];

    it('puts the window before the replay, and the replay before the budgets', () =>
      withStore(create, {}, async ({ admit, clock }) => {
        expect(await admit({ charges: spent })).toMatchObject({ outcome: 'admitted' });
        expect(await admit({ charges: spent })).toEqual({ outcome: 'replayed' });
        expect(await admit({ nonce: 1, charges: spent })).toMatchObject({ outcome: 'limited' });
        expect(await admit({ charges: spent, ageMs: -futureMs - 1 })).toEqual({ outcome: 'future' });
        clock.advance(pastMs + 1);
        expect(await admit({ charges: spent, ageMs: pastMs + 1 })).toMatchObject({ outcome: 'stale' });
      }));

    it('claims the nonce last: what was limited is admitted later as the same signed request', () =>
      withStore(create, {}, async ({ admit, clock }) => {
        const charges = [charge('one', 1, 200)];
        await admit({ nonce: 1, charges });
        expect(await admit({ nonce: 2, charges })).toMatchObject({ outcome: 'limited', retryAfterMs: 200 });
        clock.advance(200);
        expect(await admit({ nonce: 2, ageMs: 200, charges })).toMatchObject({ outcome: 'admitted' });
        expect(await admit({ nonce: 2, ageMs: 200, charges })).toEqual({ outcome: 'replayed' });
      }));
  });

  describe('attach', () => {
    it('may be called by each verifier, but with one tolerance', () =>
      withStore(create, {}, async ({ store, clock }) => {
        expect(() => store.attach?.(acceptanceWindow(clock.clock, TOLERANCE))).not.toThrow();
        if (store.attach === undefined) return;
        for (const other of [{ pastMs: pastMs + 1 }, { futureMs: 0 }]) {
          const window = acceptanceWindow(clock.clock, { ...TOLERANCE, ...other });
          expect(() => store.attach?.(window)).toThrow(/^tolerance: /);
        }
      }));
  });

  describe('declareStale', () => {
    it('vouches for a stale signature only, and for good', () =>
      withStore(create, {}, async ({ store, clock, admit }) => {
        if (store.declareStale === undefined) return;
        const signedAtMs = clock.nowMs();
        expect(await store.declareStale('key', 'key', signedAtMs)).toBeUndefined();
        clock.advance(pastMs);
        expect(await store.declareStale('key', 'key', signedAtMs)).toBeUndefined();
        clock.advance(1);
        expect(await store.declareStale('key', 'key', signedAtMs)).toBe(signedAtMs + pastMs);
        clock.step(-500);
        expect(await admit({ ageMs: clock.nowMs() - signedAtMs })).not.toMatchObject({ outcome: 'admitted' });
      }));

    it('vouches since no earlier than the clock was set', () =>
      withStore(create, {}, async ({ store, clock }) => {
        if (store.declareStale === undefined) return;
        await store.declareStale('key', 'key', clock.nowMs());
        clock.step(600_000);
        const since = await store.declareStale('key', 'key', clock.nowMs() - 300_000);
        expect(since).toBeGreaterThanOrEqual(clock.nowMs());
      }));
  });
}
