import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalQuery, rootName } from '../src/query.js';
import { refusal } from './support/refusal.js';

it.each([
  ['', ''],
  ['=1', ''],
  ['a', 'a'],
  ['a=1=2', 'a'],
  ['a[b][c]=1', 'a'],
  ['a.b.c', 'a'],
  ['a.b[c]', 'a'],
  ['a%5Bb%5D=1', 'a'],
  ['a%2Eb', 'a'],
  ['a+b=1', 'a b'],
  ['a%20b=1', 'a b'],
  ['a%2Bb=1', 'a+b'],
  ['a%3Db=1', 'a=b'],
  ['%C3%A9=1', 'Ã©'],
  ['%FF', 'ÿ'],
  ['[a]=1', '['],
  ['[[a]]=1', '['],
  ['%5ba', '['],
  ['.a.b', '.'],
  ['..a', '.'],
  ['+', ' '],
  ['[[', '['],
  ['..=1', '.'],
  ['a]b', 'a]b'],
  ['%0a=1', '\n'],
  ['__proto__[x]', '__proto__'],
])('the root name of %j is %j', (piece, root) => {
  expect(rootName(piece)).toBe(root);
});

it('is sorted by the bytes of the root name', () => {
  expect(canonicalQuery('b&a&%C3%A9&A&%7F&10&9&')).toBe('&10&9&A&a&b&%7F&%C3%A9');
});

it('keeps empty pieces, and a apart from a=', () => {
  expect(canonicalQuery('b&&a=&a&')).toBe('&&a=&a&b');
});

it('is idempotent, and keeps every piece', () => {
  const units = fc.constantFrom('a', 'b', '&', '&', '=', '[', ']', '.', '%5b', '%ff', '+', '%20', '?', '\\');
  fc.assert(
    fc.property(fc.string({ unit: units, maxLength: 30 }), (raw) => {
      const canonical = canonicalQuery(raw);
      expect(canonicalQuery(canonical)).toBe(canonical);
      const pieces = raw.split('&').map(canonicalQuery);
      expect(canonical.split('&').sort()).toEqual(pieces.sort());
    }),
    { numRuns: 3000 },
  );
});

it('takes a thousand pieces and refuses a thousand and one', () => {
  const pieces = (count: number) => Array.from({ length: count }, (_, i) => `p${i}=1`).join('&');
  expect(canonicalQuery(pieces(1000)).split('&')).toHaveLength(1000);
  expect(refusal(() => canonicalQuery(pieces(1001)))).toBe('malformed-target');
  expect(refusal(() => canonicalQuery('&'.repeat(999)))).toBeUndefined();
  expect(refusal(() => canonicalQuery('&'.repeat(1000)))).toBe('malformed-target');
});
