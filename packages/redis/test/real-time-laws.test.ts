/**
 * L7 and L8 on Redis's own clock, seen from outside with a stopwatch. A decision falls somewhere between sending and
 * answer, so only what certainly holds is asked for; the clock's grain is one millisecond.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdmissionResult, Charge, Store } from '@countersign/server';
import { runs } from '@countersign/testkit';
import { charge, nonceOf } from '@countersign/testkit/store-contract';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { ownClockStore } from './own-clock-store.js';
import { startStandalone } from './real-routes.js';

const { route, stop } = await startStandalone();
afterAll(stop);

const TOLERANCE = { pastMs: 5_000, futureMs: 20 };
const GRAIN_MS = 1;
/** Above 128 units a window is kept in 64 slices. */
const SLICED_ABOVE = 128;

interface Timed {
  readonly sentMs: number;
  readonly answeredMs: number;
  readonly result: AdmissionResult;
}

async function timed(store: Store, nonce: number, charges: readonly Charge[]): Promise<Timed> {
  const admission = { key: 'key', owner: 'key', nonce: nonceOf(nonce), signedAtMs: Date.now(), charges };
  const sentMs = performance.now();
  const result = await store.admit(admission);
  return { sentMs, answeredMs: performance.now(), result };
}

async function withStore(test: (store: Store) => Promise<void>): Promise<void> {
  const { store } = await ownClockStore(route, TOLERANCE);
  await sleep(TOLERANCE.futureMs + 2 * GRAIN_MS);
  await test(store);
  await store.close?.();
}

const rates = fc
  .record({ limit: fc.constantFrom(1, 2, 7, 30, 128, 129, 200), windowMs: fc.integer({ min: 50, max: 250 }) })
  .map(({ limit, windowMs }) => charge('rate', limit, windowMs));

/** Several of these at once: what they wait for is the clock. */
const inParallel = (count: number): fc.Arbitrary<Charge[]> =>
  fc.array(rates, { minLength: count, maxLength: count });

it('L7 the window means what it says: no half-open window has more than the limit, by the stopwatch of who asks', () =>
  fc.assert(
    fc.asyncProperty(inParallel(4), async (all) => {
      await Promise.all(
        all.map((rate) =>
          withStore(async (store) => {
            const admitted: Timed[] = [];
            const endsMs = performance.now() + 3.5 * rate.windowMs;
            let nonce = 0;
            const client = async (): Promise<void> => {
              while (performance.now() < endsMs) {
                const asked = await timed(store, nonce++, [rate]);
                if (asked.result.outcome === 'admitted') admitted.push(asked);
                else await sleep(1);
              }
            };
            await Promise.all([client(), client(), client()]);
            for (const { sentMs } of admitted) {
              const untilMs = sentMs + rate.windowMs - GRAIN_MS;
              const inside = admitted.filter((one) => one.sentMs >= sentMs && one.answeredMs < untilMs);
              expect(inside.length).toBeLessThanOrEqual(rate.limit);
            }
            // And more than one window's worth, where this machine asks for so many.
            if (rate.limit <= 30) expect(admitted.length).toBeGreaterThan(rate.limit);
          }),
        ),
      );
    }),
    { numRuns: runs(5), endOnFailure: true },
  ));

it('L7 the window means what it says: who spaces requests evenly at 95 % of the rate is never refused', async () => {
  let judged = 0;
  await fc.assert(
    fc.asyncProperty(inParallel(3), async (all) => {
      await Promise.all(
        all.map((rate) =>
          withStore(async (store) => {
            const { limit, windowMs } = rate;
            const spacingMs = windowMs / (0.95 * limit);
            const slackMs = GRAIN_MS + (limit > SLICED_ABOVE ? windowMs / 64 : 0);
            const startMs = performance.now();
            const asked: Timed[] = [];
            for (let nonce = 0; nonce < 2 * limit + 2; nonce++) {
              const dueMs = startMs + nonce * spacingMs - performance.now();
              if (dueMs > 0) await sleep(dueMs);
              const one = await timed(store, nonce, [rate]);
              const before = asked.at(-limit);
              asked.push(one);
              // Where this machine was late, and the spacing was not even, a refusal may be right.
              const even = before === undefined || one.sentMs - before.answeredMs >= windowMs + slackMs;
              if (even) expect(one.result.outcome).toBe('admitted');
              if (even) judged++;
              else if (one.result.outcome !== 'admitted') return;
            }
          }),
        ),
      );
    }),
    { numRuns: runs(5), endOnFailure: true },
  );
  expect(judged).toBeGreaterThan(runs(100));
});

it('L8 retry law: what was refused with T is refused until T is over, and then admitted', async () => {
  const early: number[] = [];
  await fc.assert(
    fc.asyncProperty(inParallel(4), fc.integer({ min: 0, max: 20 }), async (all, gapMs) => {
      await Promise.all(
        all.map((rate) =>
          withStore(async (store) => {
            const { limit } = rate;
            for (let nonce = 0; nonce < limit; nonce++) {
              if (nonce === Math.floor(limit / 2)) await sleep(gapMs);
              await timed(store, nonce, [rate]);
            }
            // The same signed request again and again: each refusal tells a time, and all of them must be right.
            const asked: Timed[] = [];
            do {
              asked.push(await timed(store, limit, [rate]));
              await sleep(1);
            } while (asked.at(-1)?.result.outcome !== 'admitted');
            const last = asked.at(-1) as Timed;
            for (const { sentMs, answeredMs, result } of asked.slice(0, -1)) {
              if (result.outcome !== 'limited' || result.retryAfterMs === undefined) {
                throw new Error(`was ${result.outcome}`);
              }
              expect(result.retryAfterMs).toBeGreaterThan(0);
              const overMs = answeredMs + result.retryAfterMs + GRAIN_MS;
              expect(last.answeredMs).toBeGreaterThanOrEqual(sentMs + result.retryAfterMs - GRAIN_MS);
              for (const later of asked) if (later.sentMs >= overMs) expect(later).toBe(last);
              early.push(overMs - (asked.at(-2)?.sentMs ?? Number.NEGATIVE_INFINITY));
            }
          }),
        ),
      );
    }),
    { numRuns: runs(8), endOnFailure: true },
  );
  // Something was refused within the last ten milliseconds before it was to be admitted.
  expect(Math.min(...early)).toBeLessThan(10);
  expect(early.length).toBeGreaterThan(runs(200));
});
