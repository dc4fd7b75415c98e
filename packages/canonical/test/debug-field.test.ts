import { expect, it } from 'vitest';
import { DEBUG_FIELD, formatDebug, parseDebug } from '../src/debug-field.js';

it('travels in Countersign-Debug', () => {
  expect(DEBUG_FIELD).toBe('countersign-debug');
});

it.each([
  ['a', 'YQ'],
  ['ab', 'YWI'],
  ['abc', 'YWJj'],
  ['>>>>>>', 'Pj4-Pj4-'],
  ['??????', 'Pz8_Pz8_'],
  ['\0\n\x7f', 'AAp_'],
])('%j is written %s, and read as it was', (text, value) => {
  expect(formatDebug(text)).toBe(value);
  expect(parseDebug(value)).toBe(text);
});

it.each([
  ...['', 'a', 'abcde', 'YQ==', 'YQ=', ' YQ', 'YQ ', 'Y Q', 'YQ\n', 'Pj4+', 'Pz8/', 'YQé', 'é', '!!!!'],
  ...['YQ!', '!YQ', `${'A'.repeat(4096)}AA`],
])('%j is not read', (value) => {
  expect(parseDebug(value)).toBeUndefined();
});

it('takes a string of 3,072 characters and sends none that is longer', () => {
  const longest = formatDebug('a'.repeat(3072));
  expect(longest).toHaveLength(4096);
  expect(parseDebug(longest ?? '')).toBe('a'.repeat(3072));
  expect(formatDebug('a'.repeat(3073))).toBeUndefined();
  expect(parseDebug(btoa('a'.repeat(3075)))).toBeUndefined();
});

it('refuses what no canonical string holds', () => {
  for (const text of ['é', '\x80', 'a\u212a']) {
    expect(() => formatDebug(text)).toThrow(new TypeError('canonicalString: expected ASCII'));
  }
});
