import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isScope, scopeContains, scopePath } from '../src/scope.js';

const segments = fc.array(fc.constantFrom('a', 'b', 'ab', 'A', '.', '..'), { minLength: 1, maxLength: 8 });

it.each([
  'a',
  'orders:write:tenant-42',
  'a:b:c:d:e:f:g:h',
  'x'.repeat(64),
  `${'x'.repeat(64)}:${'y'.repeat(63)}`,
])('%s is a scope', (scope) => {
  expect(isScope(scope)).toBe(true);
});

it.each([
  ...[
    '',
    ':',
    'a:',
    ':a',
    'a::b',
    'a:b:c:d:e:f:g:h:i',
    'x'.repeat(65),
    `${'x'.repeat(64)}:${'y'.repeat(64)}`,
  ],
  ...['a b', 'a/b', '*', '+', 'a\n', 'é', '\u212a', 'a:*', 'a,b', '"'],
])('%j is not a scope', (scope) => {
  expect(isScope(scope)).toBe(false);
});

it('contains what begins with its segments, and nothing else', () => {
  fc.assert(
    fc.property(segments, segments, (outer, inner) => {
      const below = outer.every((segment, i) => segment === inner[i]);
      expect(scopeContains(outer.join(':'), inner.join(':'))).toBe(below);
    }),
    { numRuns: 3000 },
  );
});

it('does not take orders2 for a part of orders', () => {
  expect(scopeContains('orders', 'orders2')).toBe(false);
  expect(scopeContains('orders:write', 'orders')).toBe(false);
  expect(scopeContains('orders', 'orders')).toBe(true);
});

it('lies on the path of itself and of everything that contains it, deepest first', () => {
  expect(scopePath('a:b:c')).toEqual(['a:b:c', 'a:b', 'a']);
  fc.assert(
    fc.property(segments, (list) => {
      const path = scopePath(list.join(':'));
      expect(path).toEqual(list.map((_, i) => list.slice(0, list.length - i).join(':')));
      for (const scope of path) expect(scopeContains(scope, list.join(':'))).toBe(true);
    }),
  );
});
