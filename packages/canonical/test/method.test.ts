import { expect, it } from 'vitest';
import { isMethod } from '../src/method.js';

it.each(['GET', 'M-SEARCH', 'A', 'A-', 'X'.repeat(32), 'CONNECT'])('%s is a method', (method) => {
  expect(isMethod(method)).toBe(true);
});

it.each(['', 'get', 'Get', '-A', 'X'.repeat(33), 'GET ', 'GET\n', 'G3T', 'G_T', 'GÉT', '\u212a'])(
  '%j is not a method that can be signed',
  (method) => {
    expect(isMethod(method)).toBe(false);
  },
);
