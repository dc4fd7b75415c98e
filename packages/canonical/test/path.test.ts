import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalPath, refuseDotSegments } from '../src/path.js';
import { refusal } from './support/refusal.js';

const dotRefusal = (path: string) => refusal(() => refuseDotSegments(canonicalPath(path)));

it('decodes unreserved characters only', () => {
  expect(canonicalPath('/%7e%41%2d%5f%2F%3b%25%41')).toBe('/~A-_%2F%3B%25A');
});

it('refuses an encoded control, and no other escape', () => {
  for (let octet = 0; octet < 256; octet++) {
    const path = `/a%${octet.toString(16).padStart(2, '0')}b`;
    const control = octet < 0x20 || octet === 0x7f;
    expect(refusal(() => canonicalPath(path))).toBe(control ? 'malformed-target' : undefined);
  }
});

it.each([
  ...['/.', '/..', '/./', '/../a', '/a/..', '/a/./b', '/%2e', '/.%2E/', '/%2e%2e', '/a%2f..', '/a%5c..%5Cb'],
  ...['..', './a', '..;x'],
  ...['/..;', '/..;x=1/a', '/.;/', '/a/..;v=1', '/a%2F.;'],
])('refuses the dot segment in %s', (path) => {
  expect(dotRefusal(path)).toBe('ambiguous-target');
});

it.each([
  ...[
    '/',
    '//',
    '/...',
    '/a.',
    '/a..',
    '/..a',
    '/.a',
    '/a..b/',
    '/%252e%252e',
    '/a%252f..b',
    '/;..',
    '/a;..',
  ],
  ...['/..%3B', '/.%3b', '/..%20', '/..:', '/..,'],
])('lets %s be', (path) => {
  expect(dotRefusal(path)).toBeUndefined();
});

it('finds exactly the dot segments that splitting by the text of the rule finds', () => {
  const units = fc.constantFrom('.', '.', '%2e', '/', '%2F', '%5c', ';', '%3B', 'a', '%25', '2F');
  fc.assert(
    fc.property(fc.string({ unit: units, maxLength: 8 }), (rest) => {
      const pieces = canonicalPath(`/${rest}`).split(/\/|%2F|%5C/);
      const ambiguous = pieces.some((piece) => ['.', '..'].includes(piece.split(';', 1)[0] ?? ''));
      expect(dotRefusal(`/${rest}`)).toBe(ambiguous ? 'ambiguous-target' : undefined);
    }),
    { numRuns: 5000 },
  );
});

it('agrees with the URL parser: what it lets be, URL leaves as it is', () => {
  const units = fc.constantFrom('.', '%2e', '/', '%2F', '%5C', ';', 'a', '%25', ':', '@');
  fc.assert(
    fc.property(fc.string({ unit: units, maxLength: 8 }), (rest) => {
      fc.pre(dotRefusal(`/${rest}`) === undefined);
      expect(new URL(`http://h/${rest}`).pathname).toBe(`/${rest}`);
    }),
    { numRuns: 2000 },
  );
});
