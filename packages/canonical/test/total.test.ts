/**
 * L11 at this level: hostile text is refused with a code and wrong arguments with a TypeError or RangeError; nothing
 * throws anything else, and nothing takes more time than its input is long.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as canonical from '../src/index.js';

type AnyFunction = (...args: unknown[]) => unknown;
const functions = Object.entries<unknown>(canonical).filter(
  (entry): entry is [string, AnyFunction] =>
    typeof entry[1] === 'function' && entry[0] !== canonical.CanonicalError.name,
);
const REFUSAL_CODES: readonly string[] = canonical.REQUEST_REFUSALS;

function expectRefusalOrMistake(error: unknown): void {
  if (error instanceof canonical.CanonicalError) expect(REFUSAL_CODES).toContain(error.code);
  else expect(error instanceof TypeError || error instanceof RangeError, String(error)).toBe(true);
}

it('L11 total: there are functions to try', () => {
  expect(functions.length).toBeGreaterThan(25);
});

it.each(functions)('L11 total: %s throws nothing but refusals, TypeError and RangeError', (_name, call) => {
  const anything = fc.oneof(
    fc.anything({
      withNullPrototype: true,
      withTypedArray: true,
      withDate: true,
      withMap: true,
      withSet: true,
    }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('authorization', '/', 'CS1-HMAC-SHA256 ', '\ud800', '%', 'http://[', 'cs1s_'),
    fc.constant(Symbol('s')),
  );
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 4 }), (args) => {
      try {
        call(...args);
      } catch (error) {
        expectRefusalOrMistake(error);
      }
    }),
    { numRuns: 1000 },
  );
});

it('L11 total: a request of any text is read or refused with a code of the spec', () => {
  const policy = canonical.requestPolicy({ audience: canonical.ANY_HOST });
  const names = fc.oneof(
    fc.constantFrom('host', 'authorization', 'Content-Type', ':authority', '__proto__', ''),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const authorization =
    'CS1-HMAC-SHA256 key="k", ts="1763750000000", nonce="0f8fad5b-d9cb-469f-a165-70867728950e", scope="", ' +
    `digest="${'0'.repeat(64)}", headers="", sig="${'0'.repeat(64)}"`;
  const values = fc.oneof(
    fc.constantFrom(authorization, 'api.example.com', ''),
    fc.string({ unit: 'binary' }),
  );
  const heads = fc.record({
    method: fc.oneof(fc.constantFrom('GET', 'POST', 'CONNECT'), fc.string({ unit: 'binary', maxLength: 3 })),
    target: fc.oneof(
      fc.string({ unit: fc.constantFrom('/', '.', '%', '2', 'e', '?', '&', '\\', '\0', 'é'), maxLength: 12 }),
      fc.webUrl({ withQueryParameters: true, withFragments: false }),
    ),
    headers: fc
      .array(fc.tuple(names, values), { maxLength: 4 })
      .map((lines): [string, string][] => [...lines, ['authorization', authorization], ['host', 'h']]),
  });
  let tried = 0;
  let read = 0;
  fc.assert(
    fc.property(heads, fc.boolean(), (head, whole) => {
      tried++;
      try {
        canonical.readRequest(
          whole ? { ...head, method: 'GET', headers: head.headers.slice(-2) } : head,
          policy,
        );
        read++;
      } catch (error) {
        expect(error).toBeInstanceOf(canonical.CanonicalError);
        expectRefusalOrMistake(error);
      }
    }),
    { numRuns: 5000 },
  );
  expect(read / tried).toBeGreaterThan(0.02);
});

describe('hostile text of 100,000 characters', () => {
  const LENGTH = 100_000;
  const BUDGET_MS = 1000;
  const units = [
    ...[
      ' ',
      '\t',
      'a',
      '/',
      '%',
      '%2',
      '%41',
      '%2e',
      '%5C',
      '..;',
      '/..',
      '&',
      '=',
      '[',
      ']',
      '.',
      '+',
      ':',
      ';',
      '"',
    ],
    ...[
      '\n',
      '\0',
      '\\',
      '#',
      '?',
      '\ud800',
      '\u212a',
      'a;',
      'a:',
      'a\n',
      'http://',
      '[:',
      '0',
      'A',
      '_',
      ', ',
      'key="',
    ],
  ];
  const frames = [
    (text: string) => text,
    (text: string) => `/${text}`,
    (text: string) => `/?${text}`,
    (text: string) => `http://${text}`,
    (text: string) => `cs1s_${text}`,
    (text: string) => `CS1-HMAC-SHA256 ${text}`,
    (text: string) => `CS1-HMAC-SHA256\n${text}`,
    (text: string) => `a${text}a`,
  ];
  const hostile = units.flatMap((unit) => frames.map((frame) => frame(unit.repeat(LENGTH / unit.length))));
  const secret = canonical.importSecret(new Uint8Array(32));
  const subject = { key: 'k', nonce: 'n', sig: 's' };
  const readers: [string, (text: string) => unknown][] = [
    ['canonicalAuthority', canonical.canonicalAuthority],
    ['canonicalTarget', canonical.canonicalTarget],
    ['rootName', canonical.rootName],
    ['parseAuthorization', (text) => canonical.parseAuthorization(text)],
    ['parseCanonical', (text) => canonical.parseCanonical(text)],
    ['isScope', canonical.isScope],
    ['isMethod', canonical.isMethod],
    [
      'isKeyId, isTimestamp, isNonce, isHex256',
      (text) =>
        [canonical.isKeyId, canonical.isTimestamp, canonical.isNonce, canonical.isHex256].map((is) =>
          is(text),
        ),
    ],
    ['isSignable', (text) => canonical.isSignable(text, 'authorization')],
    ['signedValue', (text) => canonical.signedValue(canonical.collectFields([['x', text]]), 'x')],
    ['collectFields', (text) => canonical.collectFields([[text, '']])],
    ['secretBytes', canonical.secretBytes],
    ['openVerdict', (text) => canonical.openVerdict(secret, subject, text)],
    ['explainDifference', (text) => canonical.explainDifference(`a\nb\nc\n${text}a`, `a\nb\nc\n${text}b`)],
    [
      'explainDifference, of a query',
      (text) => canonical.explainDifference(`a\nb\nc\nd\n${text}a&a`, `a\nb\nc\nd\na&${text}b`),
    ],
    ['audiencePolicy', canonical.audiencePolicy],
  ];

  it.each(readers)('is dealt with in linear time by %s', (_name, read) => {
    for (const text of hostile) {
      const startMs = performance.now();
      try {
        read(text);
      } catch (error) {
        expectRefusalOrMistake(error);
      }
      expect(performance.now() - startMs, JSON.stringify(text.slice(0, 40))).toBeLessThan(BUDGET_MS);
    }
  });
});
