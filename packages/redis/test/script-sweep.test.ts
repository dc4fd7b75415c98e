/** Sweeping and keeping: what is dead goes, what is alive stays, every key has an expiry, and no other key is touched. */
import type { Admission, Charge } from '@countersign/server';
import { runs } from '@countersign/testkit';
import { admissionAt, charge, nonceOf, TOLERANCE } from '@countersign/testkit/store-contract';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { Bucket } from '../src/bucket-names.js';
import { type Laboratory, laboratory } from './laboratory.js';
import { startStandalone } from './real-routes.js';

const { server, route, stop } = await startStandalone();
afterAll(stop);

const FRESH_MS = TOLERANCE.pastMs + TOLERANCE.futureMs;
const HOMES_MS = 3_600_000 + 60_000;
const RATES = [charge('short', 3, 100), charge('long', 5, 9_000), charge('sliced', 200, 3_000)];

async function fieldsOf(bucket: Bucket | undefined): Promise<string[]> {
  const names = (await server.reply('HKEYS', bucket?.key ?? '')) as Buffer[];
  return names.map(String);
}

/** Sends from keys of its own owner, and of another, so that homes are kept too. */
const visits = fc.array(
  fc.record({
    key: fc.constantFrom('own', 'guest', 'k'),
    waitMs: fc.constantFrom(0, 1, 50, 150, 700, 1_200, 4_000),
    ageMs: fc.constantFrom(0, 0, -TOLERANCE.futureMs, 500, TOLERANCE.pastMs),
    charges: fc.subarray(RATES),
  }),
  { minLength: 1, maxLength: 30, size: '+1' },
);

it('L5 L7 a swept bucket answers as one that is never swept, but with less in memory', () =>
  fc.assert(
    fc.asyncProperty(visits, async (steps) => {
      const [swept, other] = await Promise.all([laboratory(route), laboratory(route)]);
      const labs = [swept, other];
      const asked: Admission[] = [];
      for (const [index, { key, waitMs, ageMs, charges }] of steps.entries()) {
        for (const { clock } of labs) clock.advance(waitMs);
        await swept.sweep();
        const admission = { ...admissionAt(swept.clock, { key, ageMs, charges }), nonce: nonceOf(index) };
        asked.push(admission);
        // The new one, and all before it again.
        for (const each of asked) {
          const [one, two] = await Promise.all(labs.map(({ admit }) => admit(each)));
          expect(one?.result).toEqual(two?.result);
        }
      }
      expect((await fieldsOf(swept.buckets[0])).length).toBeLessThanOrEqual(
        (await fieldsOf(other.buckets[0])).length,
      );
    }),
    { numRuns: runs(50) },
  ));

it('L9 sweeping leaves nothing but the witness when everything is over, and little memory', async () => {
  const lab = await laboratory(route, { bucketCount: 2 });
  const usedBytes = async (): Promise<number> => {
    const sizes = lab.buckets.map(({ key }) => server.reply('MEMORY', 'USAGE', key, 'SAMPLES', 0));
    return (await Promise.all(sizes)).reduce((sum: number, bytes) => sum + Number(bytes), 0);
  };
  const emptyBytes = await usedBytes();
  const [native, owner] = ['key', 'owner'].map(lab.bucketOf);
  expect(native).not.toBe(owner);
  for (let id = 0; id < 3_000; id++) {
    const charges: Charge[] = [charge(`policy ${id % 300}`, 100, 1 + (id % 9_000))];
    await lab.admit({
      ...admissionAt(lab.clock, { key: `k${id % 40}`, owner: 'k0', charges }),
      nonce: nonceOf(id),
    });
  }
  await move(lab, 'key', 'owner');
  expect((await lab.admit(admissionAt(lab.clock, { key: 'key', owner: 'owner' }))).result.outcome).toBe(
    'admitted',
  );
  const fullBytes = await usedBytes();
  expect(fullBytes).toBeGreaterThan(20 * emptyBytes);

  lab.clock.advance(FRESH_MS + 1);
  for (const bucket of lab.buckets) await lab.sweep(bucket);
  const left = (await Promise.all(lab.buckets.map(fieldsOf))).flat();
  expect(left.filter((name) => name.startsWith('n') || name.startsWith('g'))).toEqual([]);
  expect(left.filter((name) => name.startsWith('b')).length).toBeGreaterThan(150);
  expect(left.filter((name) => name === 'hkey')).toHaveLength(1);

  lab.clock.advance(9_000);
  for (const bucket of lab.buckets) await lab.sweep(bucket);
  expect((await Promise.all(lab.buckets.map(fieldsOf))).flat().sort()).toEqual(['hkey', 'kkey', 'm', 'm']);

  lab.clock.advance(HOMES_MS + 1);
  for (const bucket of lab.buckets) await lab.sweep(bucket);
  expect((await Promise.all(lab.buckets.map(fieldsOf))).flat()).toEqual(['m', 'm']);
  // Redis gives a hash's table back a piece at each command.
  for (let again = 0; again < 600 && (await usedBytes()) >= 2 * emptyBytes; again++) {
    for (const bucket of lab.buckets) await lab.sweep(bucket);
  }
  expect(await usedBytes()).toBeLessThan(2 * emptyBytes);
});

it('a sweep takes no live nonce, budget, record or home, wherever it begins', async () => {
  const lab = await laboratory(route);
  const charges = [charge('long', 4, 9_000)];
  const all: Admission[] = [];
  for (let id = 0; id < 400; id++) {
    all.push({
      ...admissionAt(lab.clock, { key: `k${id % 100}`, ageMs: -TOLERANCE.futureMs, charges }),
      nonce: nonceOf(id),
    });
  }
  for (const admission of all) expect((await lab.admit(admission)).result.outcome).toBe('admitted');
  const before = await fieldsOf(lab.buckets[0]);
  lab.clock.advance(FRESH_MS);
  await lab.sweep();
  expect(await fieldsOf(lab.buckets[0])).toEqual(before);
  for (const admission of all) expect((await lab.admit(admission)).result).toEqual({ outcome: 'replayed' });
});

it('L5 what was swept away is not admitted again when the clock is set back', async () => {
  const lab = await laboratory(route);
  const all = [0, 1, 2].map((nonce) => admissionAt(lab.clock, { key: `k${nonce}`, nonce }));
  for (const admission of all) expect((await lab.admit(admission)).result.outcome).toBe('admitted');
  lab.clock.advance(FRESH_MS + 1);
  await lab.sweep();
  expect(await fieldsOf(lab.buckets[0])).toEqual(['m']);
  lab.clock.step(-FRESH_MS);
  for (const admission of all) expect((await lab.admit(admission)).result.outcome).toBe('recovering');
});

it('no key is ever without an expiry, and no key but the buckets of its own prefix is touched', async () => {
  await server.command('FLUSHALL');
  await server.command('MSET', 'cs1', 'a', '{cs1:0}x', 'b', 'k', 'c', 'b3:keyone', 'd');
  const lab = await laboratory(route, { bucketCount: 3, maxNonces: 4, maxBudgetsPerOwner: 2 });
  const own = lab.buckets.map(({ key }) => key);
  const check = async (): Promise<void> => {
    const [, keys] = (await server.reply('SCAN', 0, 'COUNT', 1_000)) as [Buffer, Buffer[]];
    const names = keys.map(String);
    expect(names.filter((name) => !own.includes(name)).sort()).toEqual(
      ['b3:keyone', 'cs1', 'k', '{cs1:0}x'].sort(),
    );
    for (const name of own) expect(Number(await server.reply('PTTL', name)), name).toBeGreaterThan(3_600_000);
  };
  await check();
  for (let id = 0; id < 60; id++) {
    lab.clock.advance(id % 7 === 0 ? 20_000_000 : 40);
    const [key, owner] = [`key${id % 4}`, `owner${id % 5}`];
    const rate = charge(`${id % 3}`, 2, 86_400_000);
    const asked = await lab.admit({
      ...admissionAt(lab.clock, { key, charges: [rate] }),
      nonce: nonceOf(id % 20),
    });
    await check();
    if (id % 5 === 0) await lab.undo(asked);
    if (id % 5 === 1) await move(lab, key, owner);
    if (id % 5 === 2) await lab.sweep(lab.bucketOf(key));
    if (id % 5 === 3)
      await lab.run(lab.scripts.declare, lab.bucketOf(key), [0, key, lab.clock.nowMs() - 5_000]);
    await check();
  }
  expect(await server.command('MGET', 'cs1', '{cs1:0}x', 'k', 'b3:keyone')).toBe('a\nb\nc\nd');
});

async function move(
  { run, scripts, bucketOf, buckets }: Laboratory,
  key: string,
  owner: string,
): Promise<void> {
  const claimed = await run(scripts.claim, bucketOf(key), [0, key, bucketOf(owner).key]);
  const [, , number = 0, untilMs = 0, horizonMs = 0, ...others] = claimed as readonly number[];
  let aboveMs = horizonMs;
  for (const other of others) {
    const bucket = buckets.find((one) => one.key === String(other));
    if (bucket === undefined) throw new Error(`no bucket ${other}`);
    const left = await run(scripts.leave, bucket, [0, key, number]);
    aboveMs = Math.max(aboveMs, Number(left[2]));
  }
  await run(scripts.settle, bucketOf(owner), [0, key, number, untilMs, aboveMs]);
}
