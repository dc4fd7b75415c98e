import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPath } from '../src/path.js';
import { requireWellFormed } from '../src/percent.js';
import { canonicalQuery } from '../src/query.js';
import { refusal } from './support/refusal.js';

const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const escaped = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.boolean())
  .map(([octet, upper]) => octet.toString(16).padStart(2, '0')[upper ? 'toUpperCase' : 'toLowerCase']())
  .map((hex) => `%${hex}`);
const texts = fc.string({ unit: fc.oneof(visible, escaped), maxLength: 40 });

/** The octets that a text stands for, one number each. */
const octetsOf = (text: string) =>
  Array.from(text.matchAll(/%([0-9A-Fa-f]{2})|(.)/gs), ([, hex, char]) =>
    hex === undefined ? (char ?? '').charCodeAt(0) : Number.parseInt(hex, 16),
  );

describe.each([
  { name: 'path', normalize: canonicalPath, kept: /^[A-Za-z0-9\-._~!$&'()*+,;=:@/]$/ },
  { name: 'query', normalize: canonicalQuery, kept: /^[A-Za-z0-9\-._~!$&'()*+,;=:@/?]$/ },
])('percent normalisation of a $name', ({ normalize, kept }) => {
  const accepted = texts.filter(
    (text) => !text.includes('&') && refusal(() => normalize(text)) === undefined,
  );

  it('is idempotent', () => {
    fc.assert(
      fc.property(accepted, (text) => {
        expect(normalize(normalize(text))).toBe(normalize(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('changes no octet, only how it is written', () => {
    fc.assert(
      fc.property(accepted, (text) => {
        expect(octetsOf(normalize(text))).toEqual(octetsOf(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves raw only what may stand raw, and escapes in upper case', () => {
    fc.assert(
      fc.property(accepted, (text) => {
        for (const unit of normalize(text).match(/%..|./gs) ?? []) {
          expect(unit).toMatch(unit.startsWith('%') ? /^%[0-9A-F]{2}$/ : kept);
          expect(unit).not.toMatch(/^%(2D|2E|5F|7E|3\d|[46][1-9A-F]|[57][0-9A])$/);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([...Array(256).keys()])(
    'treats octet %i the same raw, where it may stand raw, and escaped',
    (octet) => {
      const char = String.fromCharCode(octet);
      const raw = refusal(() => normalize(`a${char}b`));
      if (
        octet < 0x21 ||
        octet > 0x7e ||
        '#%'.includes(char) ||
        (char === '\\' && normalize === canonicalPath)
      ) {
        expect(raw).toBe('malformed-target');
      } else {
        expect(raw).toBeUndefined();
        const unreservedOrEscaped = !kept.test(char) || /[A-Za-z0-9\-._~]/.test(char);
        const hex = `%${octet.toString(16)}`;
        expect(normalize(`a${char}b`) === normalize(`a${hex}b`)).toBe(unreservedOrEscaped);
      }
    },
  );
});

it('keeps +, %20 and %2B apart', () => {
  expect(canonicalQuery('a=+&a=%20&a=%2b')).toBe('a=+&a=%20&a=%2B');
});

it.each(['%', '%a', 'a%g0', '%%41', '%4', 'x%', '% 41'])('refuses the broken escape in %j', (text) => {
  expect(refusal(() => requireWellFormed(text))).toBe('malformed-target');
});

it.each([' ', '\t', '\n', '\0', '\x7f', '#', 'é', '\u212a', '\ud800'])('refuses %j anywhere', (char) => {
  for (const text of [char, `a${char}`, `${char}a`]) {
    expect(refusal(() => requireWellFormed(text))).toBe('malformed-target');
  }
});
