/** L12: whatever becomes of the server or the way there, every answer comes within the deadline, and says so. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdmissionResult } from '@countersign/server';
import { type RedisServer, startRedis, waitUntil } from '@countersign/testkit/redis';
import { charge } from '@countersign/testkit/store-contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RedisStore } from '../src/index.js';
import { freshAdmission, openReadyStore } from './open-store.js';
import { type SlowWire, slowWire } from './slow-wire.js';

const DEADLINE_MS = 100;
/** For a machine that runs other tests too. */
const PATIENCE_MS = 100;
const RATE = charge('rate', 1_000, 60_000);

let server: RedisServer;
let wire: SlowWire;
let store: RedisStore;
beforeEach(async () => {
  server = await startRedis();
  wire = await slowWire(server.port);
  store = await openReadyStore(wire.port, { timeoutMs: DEADLINE_MS });
});
afterEach(async () => {
  await store.close();
  await wire.close();
  await server.stop();
});

/** Asks for `lastMs`, several at a time; every answer must be in time, and be `unavailable`. */
async function expectUnavailable(lastMs: number): Promise<void> {
  const tookMs: number[] = [];
  const endsMs = performance.now() + lastMs;
  const client = async (): Promise<void> => {
    while (performance.now() < endsMs) {
      const sentMs = performance.now();
      expect(await store.admit(freshAdmission([RATE]))).toMatchObject({
        outcome: 'unavailable',
        retryAfterMs: expect.any(Number),
      });
      tookMs.push(performance.now() - sentMs);
      await sleep(10);
    }
  };
  await Promise.all([client(), client(), client()]);
  tookMs.sort((a, b) => a - b);
  expect(tookMs.length).toBeGreaterThan(5);
  expect(tookMs.at(-1)).toBeLessThan(DEADLINE_MS + PATIENCE_MS);
  expect(tookMs[tookMs.length >> 1]).toBeLessThan(DEADLINE_MS + 30);
}

/** Units of the budget that are in use, when the store can say so again. */
function unitsInUse(): Promise<number> {
  return waitUntil('an answer', 5_000, async () => {
    const probe = freshAdmission([{ ...RATE, cost: RATE.limit + 1 }]);
    const result = await store.admit(probe);
    return result.outcome === 'limited' ? RATE.limit - (result.levels[0]?.remaining ?? 0) : undefined;
  });
}

it('L12 a server that is stopped: in time, and what waited for it writes nothing when it goes on', async () => {
  await store.admit(freshAdmission([RATE]));
  server.pause();
  const last = freshAdmission([RATE]);
  await expectUnavailable(1_600);
  expect(await store.admit(last)).toMatchObject({ outcome: 'unavailable' });
  await sleep(DEADLINE_MS);
  server.resume();
  expect(await unitsInUse()).toBe(1);
  expect(await store.admit(last)).toMatchObject({ outcome: 'admitted' });
});

it('L12 a server that is killed, and one that comes back', async () => {
  await server.kill();
  await expectUnavailable(500);
  await server.restart();
  await waitUntil('an admission', 5_000, async () => {
    const { outcome } = await store.admit(freshAdmission());
    return outcome === 'admitted' || undefined;
  });
});

it('L12 a wire that swallows the answers: in time, and what was counted meanwhile is never admitted again', async () => {
  expect(await store.admit(freshAdmission([RATE]))).toMatchObject({ outcome: 'admitted' });
  wire.answersTakeMs = Number.POSITIVE_INFINITY;
  const unknown = freshAdmission([RATE]);
  expect(await store.admit(unknown)).toMatchObject({ outcome: 'unavailable' });
  await expectUnavailable(1_400);
  wire.answersTakeMs = 0;
  wire.cut();
  expect(await unitsInUse()).toBeGreaterThan(1);
  expect(await store.admit(unknown)).toEqual({ outcome: 'replayed' });
});

it('L6 L12 a wire that delays the answers beyond the deadline: in time, and every late success is taken back', async () => {
  const before = freshAdmission([RATE]);
  expect(await store.admit(before)).toMatchObject({ outcome: 'admitted' });
  wire.answersTakeMs = 2 * DEADLINE_MS;
  const late = freshAdmission([RATE]);
  expect(await store.admit(late)).toMatchObject({ outcome: 'unavailable' });
  await expectUnavailable(600);
  wire.answersTakeMs = 0;
  await waitUntil(
    'the late successes to be undone',
    3_000,
    async () => (await unitsInUse()) === 1 || undefined,
  );
  expect(await store.admit(before)).toEqual({ outcome: 'replayed' });
  expect(await store.admit(late)).toMatchObject({
    outcome: 'admitted',
    levels: [{ remaining: RATE.limit - 2 }],
  });
});

it('L6 L12 a wire that delays the requests beyond the deadline: they come to their turn, and write nothing', async () => {
  wire.requestsTakeMs = 2 * DEADLINE_MS;
  await expectUnavailable(500);
  wire.requestsTakeMs = 0;
  expect(await unitsInUse()).toBe(0);
});

it('L12 a request that says for how long it waits is not kept longer', async () => {
  server.pause();
  const sentMs = performance.now();
  const result: AdmissionResult = await store.admit({ ...freshAdmission(), withinMs: 20 });
  expect(result.outcome).toBe('unavailable');
  expect(performance.now() - sentMs).toBeLessThan(20 + PATIENCE_MS - 20);
  server.resume();
});

it('L12 a store that is closed, or not attached, says so at once', async () => {
  await store.close();
  expect(await store.admit(freshAdmission())).toMatchObject({
    outcome: 'unavailable',
    reason: 'the store is closed',
  });
  await expect(store.ready()).rejects.toThrow('closed');
});
