import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type AuthorizationFields,
  formatAuthorization,
  isHex256,
  isKeyId,
  isNonce,
  isTimestamp,
  parseAuthorization,
} from '../src/authorization.js';
import { refusal } from './support/refusal.js';

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const idCharacters = fc.constantFrom(...'AZaz09._~-');
const fields: fc.Arbitrary<AuthorizationFields> = fc.record({
  key: fc.string({ unit: idCharacters, minLength: 1, maxLength: 64 }),
  ts: fc.integer({ min: 1e12, max: 1e13 - 1 }).map(String),
  nonce: hex(32).map((text) => text.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')),
  scope: fc.constantFrom('', 'a', 'orders:write:tenant-42', `${'x'.repeat(64)}:${'y'.repeat(63)}`),
  digest: hex(64),
  headers: fc.subarray(['a', 'b-', 'content-type', 'x_b', 'xa', '~']),
  sig: hex(64),
});

const SAMPLE =
  'CS1-HMAC-SHA256 key="key_live_1", ts="1763750000000", nonce="0f8fad5b-d9cb-469f-a165-70867728950e", ' +
  `scope="orders:write", digest="${'2e'.repeat(32)}", headers="content-type;range", sig="${'0c'.repeat(32)}"`;

it('reads what was written, and writes what was read', () => {
  fc.assert(
    fc.property(fields, (given) => {
      const value = formatAuthorization(given);
      expect(parseAuthorization(value)).toEqual(given);
      expect(formatAuthorization(parseAuthorization(value))).toBe(value);
    }),
    { numRuns: 2000 },
  );
});

it('has one representation: whatever is read is written as it was', () => {
  for (let at = 0; at <= SAMPLE.length; at++) {
    for (const put of ['', ' ', '"', ',', '\\', ';', ':', '0', 'A', '\t', '\n', '\0', '\u212a', 'é']) {
      for (const rest of [SAMPLE.slice(at), SAMPLE.slice(at + 1)]) {
        const value = SAMPLE.slice(0, at) + put + rest;
        let read: AuthorizationFields | undefined;
        const code = refusal(() => {
          read = parseAuthorization(value);
        });
        if (read === undefined) expect(['malformed-signature', 'missing-signature']).toContain(code);
        else expect(formatAuthorization(read)).toBe(value);
      }
    }
  }
});

it.each([
  ...['Bearer abc', 'Basic YTpi', 'cs1-hmac-sha256 key="k"', 'CS1-HMAC-SHA256-X a', 'CS2-HMAC-SHA256 a', 'x'],
  `${'a'.repeat(3000)} b`,
])('%j is another scheme', (value) => {
  expect(refusal(() => parseAuthorization(value))).toBe('missing-signature');
});

it.each([
  '',
  ' ',
  '"',
  '"Bearer" abc',
  ' Bearer abc',
  'CS1-HMAC-SHA256',
  'CS1-HMAC-SHA256 ',
  ` ${SAMPLE}`,
  `${SAMPLE} `,
  `${SAMPLE}, ${SAMPLE}`,
  `${SAMPLE}\n`,
])('%j is malformed', (value) => {
  expect(refusal(() => parseAuthorization(value))).toBe('malformed-signature');
});

it('takes 2,048 bytes and refuses 2,049', () => {
  const ofLength = (length: number) => {
    const empty = { ...parseAuthorization(SAMPLE), headers: [] };
    return formatAuthorization({
      ...empty,
      headers: ['x'.repeat(length - formatAuthorization(empty).length)],
    });
  };
  expect(ofLength(2048)).toHaveLength(2048);
  expect(refusal(() => parseAuthorization(ofLength(2048)))).toBeUndefined();
  expect(refusal(() => parseAuthorization(ofLength(2049)))).toBe('malformed-signature');
});

it('cannot list the field that carries it', () => {
  const listing = (names: string[]) => formatAuthorization({ ...parseAuthorization(SAMPLE), headers: names });
  expect(refusal(() => parseAuthorization(listing(['authorization'])))).toBe('malformed-signature');
  expect(refusal(() => parseAuthorization(listing(['authorization']), 'x-signature'))).toBeUndefined();
  expect(refusal(() => parseAuthorization(listing(['x-signature']), 'x-signature'))).toBe(
    'malformed-signature',
  );
});

it.each([
  [
    isKeyId,
    ['a', '.', 'x'.repeat(64), '__proto__'],
    ['', 'x'.repeat(65), 'a b', 'a\n', 'é', 'a:b', '\u212a'],
  ],
  [
    isTimestamp,
    ['1763750000000', '9999999999999'],
    [
      '',
      '0763750000000',
      '176375000000',
      '17637500000000',
      '+763750000000',
      '1e12',
      '1763750000000\n',
      '１763750000000',
    ],
  ],
  [
    isNonce,
    ['0f8fad5b-d9cb-469f-a165-70867728950e', '00000000-0000-0000-0000-000000000000'],
    [
      '',
      '0F8FAD5B-d9cb-469f-a165-70867728950e',
      '0f8fad5bd9cb469fa16570867728950e',
      '{0f8fad5b-d9cb-469f-a165-70867728950e}',
      // All of a UUID, and more.
      '0f8fad5b-d9cb-469f-a165-70867728950eg',
      '0f8fad5b-d9cb-469f-a165-70867728950e-',
      '0f8fad5b-d9cb-469f-a165-70867728950e\n',
      // Four hyphens and 32 digits, one hyphen of them in another place.
      '0f8fad5-bd9cb-469f-a165-70867728950e',
      '0f8fad5b-d9c-b469f-a165-70867728950e',
      '0f8fad5b-d9cb-469-fa165-70867728950e',
      '0f8fad5b-d9cb-469f-a16-570867728950e',
      '0f8fad5b-d9cb-469f-a165-7086772895-e',
    ],
  ],
  [
    isHex256,
    ['0'.repeat(64), 'f'.repeat(64)],
    ['', '0'.repeat(63), '0'.repeat(65), 'F'.repeat(64), `${'0'.repeat(64)}\n`],
  ],
])('the grammar %o takes %j and refuses %j', (grammar, good, bad) => {
  expect(good.filter((text) => !grammar(text))).toEqual([]);
  expect(bad.filter(grammar)).toEqual([]);
});
