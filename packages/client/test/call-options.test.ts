import { describe, expect, test } from 'vitest';
import { readCallOptions } from '../src/call-options.js';

describe('readCallOptions', () => {
  test.each([
    ['attempts', { attempts: 0 }],
    ['attempts', { attempts: 1.5 }],
    ['maxWaitMs', { maxWaitMs: -1 }],
    ['maxWaitMs', { maxWaitMs: 2 ** 31 }],
    ['freshForMs', { freshForMs: Number.NaN }],
    ['attemptTimeoutMs', { attemptTimeoutMs: 0 }],
    ['maxClockCorrectionMs', { maxClockCorrectionMs: Number.POSITIVE_INFINITY }],
  ])('throws a RangeError that names %s', (option, options) => {
    expect(() => readCallOptions(options)).toThrow(RangeError);
    expect(() => readCallOptions(options)).toThrow(new RegExp(`^${option}: `));
  });

  test.each([
    ['retryMethods', { retryMethods: ['get'] }],
    ['sleep', { sleep: 5 as unknown as () => Promise<void> }],
    ['random', { random: 5 as unknown as () => number }],
    ['monotonicNow', { monotonicNow: 5 as unknown as () => number }],
  ])('throws a TypeError that names %s', (option, options) => {
    expect(() => readCallOptions(options)).toThrow(TypeError);
    expect(() => readCallOptions(options)).toThrow(new RegExp(`^${option}: `));
  });
});
