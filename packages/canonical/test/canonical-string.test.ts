import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalize, parseCanonical, type RequestParts } from '../src/canonical-string.js';
import { CanonicalError } from '../src/errors.js';
import { refusal } from './support/refusal.js';
import { requestVectors } from './support/vectors.js';

const valid = requestVectors().flatMap(({ canonical, header }) =>
  canonical === undefined ? [] : [{ canonical, header }],
);
const parts: RequestParts = {
  method: 'POST',
  audience: 'api.example.com',
  path: '/v1/orders/~eu',
  query: 'limit=20&tag=b',
  digest: '2e'.repeat(32),
  ts: '1763750000000',
  nonce: '0f8fad5b-d9cb-469f-a165-70867728950e',
  key: 'key_live_1',
  scope: 'orders:write',
  headers: [
    ['content-type', 'application/json'],
    ['x-a', ''],
  ],
};

it.each(['method', 'audience', 'path', 'query', 'digest', 'ts', 'nonce', 'key', 'scope'] as const)(
  'refuses a line feed in %s',
  (part) => {
    for (const text of ['\n', 'a\nb', 'a\n', '\na']) {
      expect(() => canonicalize({ ...parts, [part]: text })).toThrow(TypeError);
    }
  },
);

it.each([
  ['a\nb', ''],
  ['a', 'b\nc:d'],
  ['a:b', ''],
  [':', ''],
])('refuses the header %j: %j', (name, value) => {
  expect(() => canonicalize({ ...parts, headers: [[name, value]] })).toThrow(TypeError);
});

it('does not let a body become a path, nor a scope a header line', () => {
  const { headers, ...rest } = parts;
  expect(() => canonicalize({ ...rest, scope: 'orders\nx-a:1', headers: [] })).toThrow(TypeError);
  expect(canonicalize({ ...rest, scope: 'orders', headers: [['x-a', '1']] })).toContain('orders\nx-a:1');
});

it('ends in a line feed when its last line is an empty scope', () => {
  const text = canonicalize({ ...parts, scope: '', headers: [] });
  expect(text.endsWith('key_live_1\n')).toBe(true);
  expect(parseCanonical(text)).toMatchObject({ scope: '', headers: [] });
});

it('reads every canonical string of the vectors as parts that give the same string', () => {
  for (const { canonical, header } of valid)
    expect(canonicalize(parseCanonical(canonical, header))).toBe(canonical);
});

it('reads a changed string as the parts that give it, or refuses it with a code', () => {
  let tried = 0;
  let refused = 0;
  const puts = fc.constantFrom(
    '',
    'a',
    'A',
    '0',
    '\n',
    ':',
    ';',
    '%',
    '%41',
    '/',
    '/..',
    '?',
    '&',
    ' ',
    '\r',
    'é',
    '"',
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...valid),
      fc.nat(600),
      fc.nat(3),
      puts,
      ({ canonical, header }, at, length, put) => {
        tried++;
        const start = at % (canonical.length + 1);
        const changed = canonical.slice(0, start) + put + canonical.slice(start + length);
        try {
          expect(canonicalize(parseCanonical(changed, header))).toBe(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(CanonicalError);
          refused++;
        }
      },
    ),
    { numRuns: 10_000 },
  );
  expect(refused / tried).toBeGreaterThan(0.2);
});

const lines = canonicalize(parts).split('\n');
const withLine = (at: number, line: string) => lines.with(at, line).join('\n');

it.each([
  ['another scheme', withLine(0, 'CS2-HMAC-SHA256'), 'malformed-signature'],
  ['nothing', '', 'malformed-signature'],
  ['nine lines', lines.slice(0, 9).join('\n'), 'malformed-signature'],
  ['a lower-case method', withLine(1, 'post'), 'malformed-request'],
  ['CONNECT', withLine(1, 'CONNECT'), 'malformed-target'],
  ['an upper-case audience', withLine(2, 'API.example.com'), 'malformed-request'],
  ['an audience with port 443', withLine(2, 'api.example.com:443'), 'malformed-request'],
  ['no path', withLine(3, ''), 'malformed-target'],
  ['a path that could be decoded', withLine(3, '/%7eeu'), 'malformed-target'],
  ['a path with a query', withLine(3, '/a?b'), 'malformed-target'],
  ['an absolute path', withLine(3, 'http://h/a'), 'malformed-target'],
  ['a path with a query, and no query', lines.with(3, '/a?b').with(4, '').join('\n'), 'malformed-target'],
  ['an absolute path, and no query', lines.with(3, 'http://h/').with(4, '').join('\n'), 'malformed-target'],
  ['neither path nor query', lines.with(3, '').with(4, '').join('\n'), 'malformed-target'],
  ['a dot segment', withLine(3, '/a/..'), 'ambiguous-target'],
  ['a query out of order', withLine(4, 'b&a'), 'malformed-target'],
  ['a query with lower-case hex', withLine(4, 'a=%2f'), 'malformed-target'],
  ['a short digest', withLine(5, 'ab'), 'malformed-signature'],
  ['a time with a leading zero', withLine(6, '0763750000000'), 'malformed-signature'],
  ['an upper-case nonce', withLine(7, '0F8FAD5B-D9CB-469F-A165-70867728950E'), 'malformed-signature'],
  ['an empty key', withLine(8, ''), 'malformed-signature'],
  ['a malformed scope', withLine(9, 'a::b'), 'malformed-signature'],
  ['a header line without a colon', withLine(10, 'content-type'), 'malformed-signature'],
  ['a header line without a name', withLine(10, ':a'), 'malformed-signature'],
  ['an upper-case header name', withLine(10, 'Content-Type:a'), 'malformed-signature'],
  ['an unsignable header', withLine(10, 'host:a'), 'malformed-signature'],
  ['the field of the signature', withLine(10, 'authorization:a'), 'malformed-signature'],
  ['header lines out of order', [...lines, 'a:1'].join('\n'), 'malformed-signature'],
  ['a header twice', [...lines, 'x-a:1'].join('\n'), 'malformed-signature'],
  ['two names in one header line', withLine(10, 'a;b:1'), 'malformed-signature'],
  ['an untrimmed value', withLine(10, 'content-type: a'), 'malformed-request'],
  ['a carriage return', withLine(10, 'content-type:a\r'), 'malformed-request'],
  ['a line feed at the end', `${lines.join('\n')}\n`, 'malformed-signature'],
])('refuses %s', (_what, text, code) => {
  expect(refusal(() => parseCanonical(text))).toBe(code);
});
