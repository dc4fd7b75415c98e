import { describe, expect, it } from 'vitest';
import { requireText, wrongOption } from '../src/wrong-option.js';

describe('wrongOption', () => {
  it.each([
    ['a "b"', '"a \\"b\\""'],
    ['', '""'],
    [0, '0'],
    [Number.NaN, 'NaN'],
    [10n, '10'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('s'), 'Symbol(s)'],
  ])('names the option and quotes text, numbers and the like (%#)', (value, quoted) => {
    expect(wrongOption('scope', value, 'a scope')).toBe(`scope: ${quoted} is not a scope`);
  });

  it.each([
    [Uint8Array.of(7, 7), 'object'],
    [['cs1s_secret'], 'object'],
    [{ toString: () => 'cs1s_secret' }, 'object'],
    [() => 'cs1s_secret', 'function'],
    [Object.create(null), 'object'],
  ])('says only the type of what may hold a secret (%#)', (value, type) => {
    expect(wrongOption('keyId', value, 'a key id')).toBe(`keyId: ${type} is not a key id`);
  });
});

describe('requireText', () => {
  it('gives back a text that fits', () => {
    expect(requireText('scope', 'a', (text) => text === 'a', 'a scope')).toBe('a');
  });

  it.each(['b', 7, ['a'], null, undefined])('throws a TypeError for %j', (value) => {
    const read = () => requireText('scope', value, (text) => text === 'a', 'a scope');
    expect(read).toThrow(new TypeError(wrongOption('scope', value, 'a scope')));
  });

  it('takes nothing but a text, whatever fits', () => {
    for (const value of [7, ['a'], { toString: () => 'a' }, null, undefined]) {
      expect(() => requireText('scope', value, () => true, 'a scope')).toThrow(TypeError);
    }
  });
});
