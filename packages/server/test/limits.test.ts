import { describe, expect, it } from 'vitest';
import { chargesFor, compileLimits } from '../src/limits.js';

const limits = compileLimits({
  '*': '1000/m',
  orders: '300/m',
  'orders:write': ['60/m', '5/s'],
  'orders:write:+': '10/m',
});
const policies = (scope: string): string[] => chargesFor(limits, scope, 1).map(({ policy }) => policy);

describe('limits', () => {
  it('charges every budget from the scope up to the whole owner', () => {
    expect(policies('orders')).toEqual(['orders 300/60s', '* 1000/60s']);
    expect(policies('orders:read')).toEqual(['orders 300/60s', '* 1000/60s']);
    expect(policies('invoices:read')).toEqual(['* 1000/60s']);
    expect(policies('')).toEqual(['* 1000/60s']);
  });

  it('gives every direct child a budget of its own, which its own children share', () => {
    const parents = ['orders:write 60/60s', 'orders:write 5/1s', 'orders 300/60s', '* 1000/60s'];
    expect(policies('orders:write:tenant-42')).toEqual(['orders:write:tenant-42 10/60s', ...parents]);
    expect(policies('orders:write:tenant-42:deep:er')).toEqual(['orders:write:tenant-42 10/60s', ...parents]);
  });

  it('charges a request that stops at the parent to a child without a name', () => {
    expect(policies('orders:write')[0]).toBe('orders:write:+ 10/60s');
    // No child can have that name: + is no character of a scope.
    expect(policies('orders:write')).toHaveLength(5);
  });

  it('does not take a scope for a child of one whose name it starts with', () => {
    expect(policies('orders2:write')).toEqual(['* 1000/60s']);
  });

  it('carries the cost into every charge', () => {
    expect(chargesFor(limits, 'orders', 7).map(({ cost }) => cost)).toEqual([7, 7]);
  });

  it.each([
    [{ 'orders:': '1/m' }, TypeError, 'limits["orders:"]'],
    [{ 'or ders': '1/m' }, TypeError, 'limits["or ders"]'],
    [{ '': '1/m' }, TypeError, 'limits[""]'],
    [{ '*:+': '1/m', '*': '1/m' }, TypeError, 'limits["*:+"]'],
    [{ '+': '1/m' }, TypeError, 'limits["+"]'],
    [{ 'orders:+': '1/m' }, TypeError, 'limits["orders:+"]: needs a limit on "orders"'],
    [{ orders: [] }, TypeError, 'limits["orders"]'],
    [{ orders: ['60/m', '60/60 s'] }, TypeError, 'limits["orders"]'],
    [{ orders: '5/month' }, RangeError, 'limits["orders"]'],
  ])('refuses %j', (wrong, error, message) => {
    const compile = () => compileLimits(wrong as never);
    expect(compile).toThrow(error);
    expect(compile).toThrow(message);
  });

  it.each([new Map([['*', '1/m']]), new Set(['1/m']), ['1/m'], null, '1/m'])(
    'refuses %s: nothing would be found in it, and nothing be limited',
    (wrong) => {
      expect(() => Reflect.apply(compileLimits, undefined, [wrong])).toThrow(/^limits: expected an object/);
    },
  );

  it.each([
    [
      { 'or ders': '1/m' },
      'limits["or ders"]: not a scope; segments of A-Z a-z 0-9 . _ ~ - joined by ":", or "*", or "scope:+"',
    ],
    [{ orders: [] }, 'limits["orders"]: expected a rate, or a list of different ones'],
    [
      { 'orders:+': '1/m' },
      'limits["orders:+"]: needs a limit on "orders" too, or children would be unlimited together',
    ],
  ])('says what is wrong with %j', (wrong, message) => {
    expect(() => compileLimits(wrong as never)).toThrow(new TypeError(message));
  });

  it('charges a rate once that a child has of its own and from its parent', () => {
    const twice = compileLimits({ a: '9/m', 'a:+': ['5/m', '1/s'], 'a:b': ['5/m', '2/s'] });
    expect(chargesFor(twice, 'a:b', 1)).toEqual(
      [
        { policy: 'a:b 5/60s', limit: 5, windowMs: 60_000 },
        { policy: 'a:b 2/1s', limit: 2, windowMs: 1000 },
        { policy: 'a:b 1/1s', limit: 1, windowMs: 1000 },
        { policy: 'a 9/60s', limit: 9, windowMs: 60_000 },
      ].map((budget) => ({ ...budget, cost: 1 })),
    );
  });

  it('takes `__proto__` for a scope like any other', () => {
    const compiled = compileLimits(JSON.parse('{"__proto__": "1/m"}'));
    expect(chargesFor(compiled, '__proto__', 1)).toHaveLength(1);
    expect(chargesFor(compiled, 'constructor', 1)).toHaveLength(0);
  });
});
