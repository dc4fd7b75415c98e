import { describe, expect, test } from 'vitest';
import { readCallOptions } from '../src/call-options.js';

describe('readCallOptions', () => {
  test.each([
    ['attempts', { attempts: 0 }],
    ['attempts', { attempts: 1.5 }],
    ['attempts', JSON.parse('{"attempts":null}')],
    ['maxWaitMs', { maxWaitMs: -1 }],
    ['maxWaitMs', { maxWaitMs: 2 ** 31 }],
    ['freshForMs', { freshForMs: Number.NaN }],
    ['attemptTimeoutMs', { attemptTimeoutMs: 0 }],
    ['maxClockCorrectionMs', { maxClockCorrectionMs: Number.POSITIVE_INFINITY }],
  ])('throws a RangeError that names %s', (option, options) => {
    expect(() => readCallOptions(options)).toThrow(RangeError);
    expect(() => readCallOptions(options)).toThrow(new RegExp(`^${option}: `));
  });

  test.each<[string, unknown]>([
    ['options', null],
    ['retryMethods', { retryMethods: ['get'] }],
    // A text is a list of letters, each of which is a method.
    ['retryMethods', { retryMethods: 'GET' }],
    ['retryMethods', { retryMethods: new Set(['GET']) }],
    ['retryMethods', { retryMethods: [7] }],
    ['pace', { pace: 'yes' }],
    ['sleep', { sleep: 5 }],
    ['random', { random: null }],
    ['monotonicNow', { monotonicNow: 5 }],
  ])('throws a TypeError that names %s (%j)', (option, options) => {
    const read = () => Reflect.apply(readCallOptions, undefined, [options]);
    expect(read).toThrow(TypeError);
    expect(read).toThrow(new RegExp(`^${option}: `));
  });
});
