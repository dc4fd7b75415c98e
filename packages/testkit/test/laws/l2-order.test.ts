/**
 * L2: reordering query pairs of different root names changes nothing; reordering pairs of one root name changes the
 * signature. The roots are known here by construction, not asked of the code under test.
 */
import { canonicalize, canonicalTarget, hmacSha256Hex, type RequestParts } from '@countersign/canonical';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinRespelled, requestParts, respelledOneOf, secretOctets } from '../../src/index.js';

interface Pair {
  /** Index of the root name. */
  readonly root: number;
  readonly text: string;
}

/** Every list holds the spellings of one root name. */
const ROOTS = [
  ['a'],
  ['b'],
  ['a+b', 'a%20b'],
  ['%C3%A9'],
  ['0'],
  ['A'],
  ['a%2Bb'],
  ['%25'],
  ['-'],
  ['__proto__'],
  [''],
];
const SUFFIXES = ['', '[]', '[x]', '.x', '%5By%5D%5Bz%5D', '..', '['];

const pairs: fc.Arbitrary<Pair> = fc.integer({ min: 0, max: ROOTS.length - 1 }).chain((root) => {
  const names = ROOTS[root] ?? [];
  const suffixes = names[0] === '' ? [''] : SUFFIXES;
  return fc
    .tuple(
      respelledOneOf(...names),
      respelledOneOf(...suffixes),
      respelledOneOf('', '=', '=1', '=2', '=a=b', '=[]', '=%26'),
    )
    .map((parts) => ({ root, text: joinRespelled(parts).raw }));
});

const sign = (secret: Uint8Array, parts: RequestParts, list: readonly Pair[]) => {
  const { path, query } = canonicalTarget(`${parts.path}?${list.map(({ text }) => text).join('&')}`);
  return hmacSha256Hex(secret, canonicalize({ ...parts, path, query }));
};
const isCanonicallyEqual = (one: Pair, other: Pair) =>
  canonicalTarget(`/?${one.text}`).query === canonicalTarget(`/?${other.text}`).query;

it('L2 order: reordering query pairs of different root names changes nothing', () => {
  const reordered = fc
    .array(pairs, { minLength: 2, maxLength: 12 })
    .chain((list) =>
      fc.tuple(fc.constant(list), fc.array(fc.nat(20), { minLength: ROOTS.length, maxLength: ROOTS.length })),
    );
  let moved = 0;
  fc.assert(
    fc.property(requestParts(), secretOctets(), reordered, (parts, secret, [list, ranks]) => {
      const other = list.toSorted((a, b) => (ranks[a.root] ?? 0) - (ranks[b.root] ?? 0));
      expect(sign(secret, parts, other)).toBe(sign(secret, parts, list));
      if (other.some(({ text }, i) => text !== list[i]?.text)) moved++;
    }),
    { numRuns: 2000 },
  );
  expect(moved).toBeGreaterThan(1000);
});

it('L2 order: reordering query pairs of one root name changes the signature', () => {
  let swaps = 0;
  fc.assert(
    fc.property(
      requestParts(),
      secretOctets(),
      fc.array(pairs, { minLength: 6, maxLength: 20 }),
      (parts, secret, list) => {
        const before = sign(secret, parts, list);
        for (const [i, one] of list.entries()) {
          const j = list.findIndex(
            (other, at) => at > i && other.root === one.root && !isCanonicallyEqual(one, other),
          );
          const other = list[j];
          if (other === undefined) continue;
          const swapped = list.with(i, other).with(j, one);
          expect(sign(secret, parts, swapped)).not.toBe(before);
          swaps++;
        }
      },
    ),
    { numRuns: 1500 },
  );
  expect(swaps).toBeGreaterThan(1500);
});
