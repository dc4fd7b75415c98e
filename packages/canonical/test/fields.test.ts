import fc from 'fast-check';
import { expect, it } from 'vitest';
import { collectFields, signedValue } from '../src/fields.js';
import { refusal } from './support/refusal.js';

const trimmed = (value: string) => signedValue(collectFields([['x', value]]), 'x');

it('trims space and tab, and keeps what is between', () => {
  const characters = fc.constantFrom(' ', '\t', 'a', ':', '"', '~');
  fc.assert(
    fc.property(fc.string({ unit: characters, maxLength: 20 }), (value) => {
      expect(trimmed(value)).toBe(value.trim());
    }),
    { numRuns: 2000 },
  );
});

it('takes visible ASCII, space and tab, and no other character', () => {
  for (let code = 0; code < 0x180; code++) {
    const legal = code === 9 || (code >= 0x20 && code < 0x7f);
    expect(refusal(() => trimmed(`a${String.fromCharCode(code)}b`))).toBe(
      legal ? undefined : 'malformed-request',
    );
  }
  for (const char of ['\u212a', '\u2028', '\ud800', '\u{1f600}', '\ufeff']) {
    expect(refusal(() => trimmed(char))).toBe('malformed-request');
  }
});

it('trims no blank of Unicode, because it takes none', () => {
  expect(refusal(() => trimmed('\u00a0a'))).toBe('malformed-request');
});

it('gives a present field with an empty value the empty text, and refuses an absent one', () => {
  expect(trimmed('')).toBe('');
  expect(trimmed(' \t ')).toBe('');
  expect(refusal(() => signedValue(collectFields([]), 'x'))).toBe('malformed-request');
});

it('refuses a field on two lines, in whatever case and however equal', () => {
  const fields = collectFields([
    ['X-A', '1'],
    ['x-a', '1'],
  ]);
  expect(fields.get('x-a')).toEqual(['1', '1']);
  expect(refusal(() => signedValue(fields, 'x-a'))).toBe('malformed-request');
});

it('makes no name of another: no character beyond ASCII becomes one of ASCII', () => {
  for (let code = 0x80; code <= 0x10ffff; code++) {
    const [name = ''] = collectFields([[String.fromCodePoint(code), '']]).names;
    if (/^[\x00-\x7f]*$/.test(name)) expect(code.toString(16)).toBe('no such character');
  }
  expect(collectFields([['X-\u212a', '']]).names).toEqual(['X-\u212a']);
  expect(collectFields([['HOST', '']]).names).toEqual(['host']);
});

it('keeps names of Object.prototype apart from what they name', () => {
  expect(refusal(() => signedValue(collectFields([]), 'constructor'))).toBe('malformed-request');
  expect(signedValue(collectFields([['__proto__', 'v']]), '__proto__')).toBe('v');
});

it('reads a Fetch Headers', () => {
  const headers = new Headers([
    ['X-A', ' 1 '],
    ['x-b', '2'],
  ]);
  expect(signedValue(collectFields(headers), 'x-a')).toBe('1');
});
