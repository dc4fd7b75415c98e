import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalTarget } from '../src/target.js';
import { refusal } from './support/refusal.js';

it.each([
  ['/', { path: '/', query: '' }],
  ['/a?', { path: '/a', query: '' }],
  ['/a?b?c=/?', { path: '/a', query: 'b?c=/?' }],
  ['//evil.example/a', { path: '//evil.example/a', query: '' }],
  ['http://h', { path: '/', query: '', authority: 'h' }],
  ['http://h?a', { path: '/', query: 'a', authority: 'h' }],
  ['HTTPS://H:443/a', { path: '/a', query: '', authority: 'h' }],
  ['https://[::1]:8443/?a', { path: '/', query: 'a', authority: '[::1]:8443' }],
  ['http://h//a', { path: '//a', query: '', authority: 'h' }],
])('%s is read', (target, expected) => {
  expect(canonicalTarget(target)).toEqual(expected);
});

it.each([
  ...[
    '',
    '*',
    'a',
    '?a',
    'h:443',
    'http:/a',
    'http://',
    'http:///a',
    'ftp://h/',
    'ws://h/',
    'xhttp://h/',
    'view-source:https://h/',
    '?http://h/',
    ' /',
    '\n/a',
    '/a\n',
  ],
  ...[
    'http://u@h/',
    'http://u:p@h/',
    'http://h:0/',
    'http://h:65536/',
    'http://h:/',
    'http://h\\a',
    'http://h#a',
  ],
  ...[
    'http://é/',
    'http://[::1/',
    'http://[fe80::1%25eth0]/',
    'http\u017f://h/',
    'https:/\u2215h/',
    '/a b',
    '/a#b',
  ],
])('%j is malformed', (target) => {
  expect(refusal(() => canonicalTarget(target))).toBe('malformed-target');
});

it('finds a malformed query before a dot segment', () => {
  expect(refusal(() => canonicalTarget('/a/..?%'))).toBe('malformed-target');
  expect(refusal(() => canonicalTarget('/a/..?b'))).toBe('ambiguous-target');
});

it('reads its own answer back as the same', () => {
  const units = fc.constantFrom('/', 'a', '?', '&', '%41', '%2f', '.', ';', '"', '[', '=', '%c3');
  fc.assert(
    fc.property(fc.string({ unit: units, maxLength: 20 }), (rest) => {
      const target = `/${rest}`;
      fc.pre(refusal(() => canonicalTarget(target)) === undefined);
      const { path, query } = canonicalTarget(target);
      expect(canonicalTarget(query === '' ? path : `${path}?${query}`)).toEqual({ path, query });
    }),
    { numRuns: 2000 },
  );
});
