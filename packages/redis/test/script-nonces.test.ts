/** Nonces in their packs: found at every size, capped where they are made to collide, and capped by key. */
import type { Admission } from '@countersign/server';
import { runs } from '@countersign/testkit';
import { admissionAt, nonceOf, TOLERANCE } from '@countersign/testkit/store-contract';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { stirNonce, stirred } from '../src/script/stirred-nonce.js';
import { type Laboratory, laboratory } from './laboratory.js';
import { startStandalone } from './real-routes.js';

const { server, route, stop } = await startStandalone();
afterAll(stop);

/** As many as a pack may have at most, however they hash. */
const MAX_PACK = 512;
const ENTRY_BYTES = 22;

function admissionOf({ clock }: Laboratory, nonce: Uint8Array, ageMs = 0): Admission {
  return { ...admissionAt(clock, { ageMs }), nonce };
}

/** The outcomes of all at once, counted. */
async function outcomesOf({ admit }: Laboratory, all: readonly Admission[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { result } of await Promise.all(all.map((admission) => admit(admission)))) {
    counts[result.outcome] = (counts[result.outcome] ?? 0) + 1;
  }
  return counts;
}

async function packsOf({ buckets: [bucket] }: Laboratory): Promise<Buffer[]> {
  const all = (await server.reply('HGETALL', bucket?.key ?? '')) as Buffer[];
  return all.filter((_, index) => index % 2 === 1 && String(all[index - 1]).startsWith('n'));
}

it('L5 every nonce is found again at every size from one to three thousand', async () => {
  const lab = await laboratory(route);
  const all: Admission[] = [];
  for (const size of [...Array(130).keys(), 200, 511, 512, 513, 1_000, 1_023, 1_024, 1_025, 2_000, 3_000]) {
    const added: Admission[] = [];
    while (all.length + added.length < size) {
      added.push(admissionOf(lab, crypto.getRandomValues(new Uint8Array(16)), all.length % 90));
    }
    const { admitted = 0 } = await outcomesOf(lab, added);
    expect(admitted).toBe(added.length);
    all.push(...added);
    if (size > 0) expect(await outcomesOf(lab, all)).toEqual({ replayed: size });
  }
  const packs = await packsOf(lab);
  expect(packs.reduce((bytes, pack) => bytes + pack.length, 0)).toBe(3_000 * ENTRY_BYTES);
  expect(packs.length).toBeGreaterThan(150);
  expect(Math.max(...packs.map(({ length }) => length))).toBeLessThan(100 * ENTRY_BYTES);
});

it('L5 a nonce that differs from another by one bit, or is made of its pieces, is another nonce', () =>
  fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.nat({ max: 127 }),
      async (one, other, bit) => {
        const lab = await laboratory(route);
        const near = Uint8Array.from(one);
        near[bit >> 3] = (near[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const nonces = new Map(
          [one, other, near, ...shifted(one, other, lab.clock.nowMs())].map((nonce) => [nonce.join(), nonce]),
        );
        for (const again of [false, true]) {
          for (const nonce of nonces.values()) {
            const { result } = await lab.admit(admissionOf(lab, nonce));
            expect(result.outcome).toBe(again ? 'replayed' : 'admitted');
          }
        }
      },
    ),
    { numRuns: runs(150) },
  ));

/** Nonces that would stand in a pack across the edge of two entries. */
function shifted(one: Uint8Array, other: Uint8Array, signedAtMs: number): Uint8Array[] {
  const pack = Buffer.alloc(2 * ENTRY_BYTES);
  for (const [entry, nonce] of [one, other].entries()) {
    stirNonce(nonce, pack, entry * ENTRY_BYTES);
    pack.writeUIntLE(signedAtMs, entry * ENTRY_BYTES + 16, 6);
  }
  return [1, 6, 11, 16, 21].map((from) => calmed(pack.subarray(from, from + 16)));
}

/** The nonce that is this when it is stirred. */
function calmed(bytes: Buffer): Uint8Array {
  const [hash, a, b, c] = [0, 4, 8, 12].map((at) => bytes.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  let word = hash ^ stirred(stirred(stirred(a) ^ b) ^ c);
  word = Math.imul(word ^ (word >>> 15) ^ (word >>> 30), 0x1d69e2a5);
  word ^= word >>> 16;
  const nonce = Buffer.alloc(16);
  for (const [index, value] of [a, b, c, word >>> 0].entries()) nonce.writeUInt32BE(value, 4 * index);
  const again = Buffer.alloc(16);
  stirNonce(nonce, again, 0);
  expect(again).toEqual(Buffer.from(bytes));
  return Uint8Array.from(nonce);
}

it('L9 nonces that were made to collide fill no pack beyond its cap, and what is pushed out stays refused', async () => {
  const lab = await laboratory(route);
  const all: Admission[] = [];
  const lengths: number[] = [];
  for (let id = 0; id < 3 * MAX_PACK; id++) {
    if (id % 50 === 0) lengths.push(...(await packsOf(lab)).map(({ length }) => length / ENTRY_BYTES));
    if (id % 100 === 99) lab.clock.advance(1);
    const admission = admissionOf(lab, colliding(id), 0);
    const { result } = await lab.admit(admission);
    // Who signs with the horizon that he has raised himself waits for a millisecond.
    if (result.outcome === 'recovering') continue;
    expect(result.outcome).toBe('admitted');
    all.push(admission);
  }
  expect(Math.max(...lengths)).toBeGreaterThan(MAX_PACK / 2);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(MAX_PACK);
  const { replayed = 0, recovering = 0 } = await outcomesOf(lab, all);
  expect(replayed + recovering).toBe(all.length);
  expect(recovering).toBeGreaterThan(0);
  // Nobody else is refused for it, and nor is the key itself once its clock has gone on.
  expect((await lab.admit(admissionAt(lab.clock, { key: 'other', owner: 'key' }))).result.outcome).toBe(
    'admitted',
  );
  lab.clock.advance(TOLERANCE.futureMs);
  expect((await lab.admit(admissionOf(lab, nonceOf(1)))).result.outcome).toBe('admitted');
});

/** Nonces that fall into one pack, however many packs there are: the second word takes back what the first one stirred. */
function colliding(id: number): Uint8Array {
  const nonce = new Uint8Array(16);
  const view = new DataView(nonce.buffer);
  view.setUint32(0, id);
  view.setInt32(4, stirred(id));
  return nonce;
}

it('L9 a key keeps no more nonces than its cap, in whatever order of time they were signed', () => {
  const floods = fc.record({
    maxNonces: fc.integer({ min: 1, max: 60 }),
    agesMs: fc.array(fc.integer({ min: -TOLERANCE.futureMs, max: TOLERANCE.pastMs }), {
      minLength: 60,
      maxLength: 150,
    }),
  });
  return fc.assert(
    fc.asyncProperty(floods, async ({ maxNonces, agesMs }) => {
      const lab = await laboratory(route, { maxNonces });
      const admitted: Admission[] = [];
      for (const [id, ageMs] of agesMs.entries()) {
        lab.clock.advance(id % 3);
        const admission = admissionOf(lab, nonceOf(id), ageMs);
        const { result } = await lab.admit(admission);
        if (result.outcome === 'admitted') admitted.push(admission);
        else expect(result.outcome).toBe('recovering');
      }
      const { replayed = 0, recovering = 0, stale = 0 } = await outcomesOf(lab, admitted);
      expect(replayed + recovering + stale).toBe(admitted.length);
      expect(replayed).toBeLessThanOrEqual(maxNonces);
    }),
    { numRuns: runs(60) },
  );
});
