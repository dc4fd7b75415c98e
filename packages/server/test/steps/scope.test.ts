import { describe, expect, it } from 'vitest';
import { defineKey } from '../../src/keys/key.js';
import type { SignedRequest } from '../../src/signed-request.js';
import { effectiveScope, type RouteScope } from '../../src/steps/scope.js';

const keyWith = (...scopes: string[]) => defineKey('key_1', { secret: new Uint8Array(32), scopes });
const scopeOf = (
  signed: string,
  route: RouteScope | undefined,
  children = false,
  key = keyWith('orders'),
) => {
  const scope = effectiveScope({ scope: signed } as SignedRequest, key, route, children);
  return typeof scope === 'string' ? scope : scope.refused;
};

describe('the scope of a request', () => {
  it('is that of the route where none is signed, or that one', () => {
    expect(scopeOf('', 'orders:write')).toBe('orders:write');
    expect(scopeOf('orders:write', 'orders:write')).toBe('orders:write');
    expect(scopeOf('orders:write', () => 'orders:write')).toBe('orders:write');
  });

  it('is a deeper one only where the route lets clients sign for children', () => {
    expect(scopeOf('orders:write', 'orders')).toBe('scope-mismatch');
    expect(scopeOf('orders:write', 'orders', true)).toBe('orders:write');
    expect(scopeOf('orders', 'orders:write', true)).toBe('scope-mismatch');
    expect(scopeOf('orders2', 'orders', true)).toBe('scope-mismatch');
  });

  it('is what was signed where the route has none, nothing too', () => {
    expect(scopeOf('orders:write', undefined)).toBe('orders:write');
    expect(scopeOf('', undefined)).toBe('');
    expect(scopeOf('', undefined, false, keyWith())).toBe('');
    expect(scopeOf('invoices', undefined)).toBe('scope-not-granted');
  });

  it('has to be granted: itself, what contains it, or everything', () => {
    const granted = (...scopes: string[]) => scopeOf('', 'orders:write', false, keyWith(...scopes));
    for (const scopes of [['orders:write'], ['orders'], ['*'], ['invoices', 'orders']]) {
      expect(granted(...scopes), String(scopes)).toBe('orders:write');
    }
    for (const scopes of [[], ['invoices'], ['orders:write:own'], ['orders:writ']]) {
      expect(granted(...scopes), String(scopes)).toBe('scope-not-granted');
    }
    expect(scopeOf('orders:write', 'orders', true, keyWith('orders:read'))).toBe('scope-not-granted');
  });

  it.each<[string, () => string | undefined]>([
    ['gives none', () => undefined],
    ['gives no scope', () => 'orders:'],
    ['gives the empty one', () => ''],
    ['throws', () => JSON.parse('{')],
  ])('is refused where the function of the route %s', (_, route) => {
    expect(scopeOf('', route)).toBe('scope-mismatch');
  });
});
