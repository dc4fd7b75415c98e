/** Attacks on the budget of a tenant by the choice of the scope that is signed. */
import { describe, expect, it } from 'vitest';
import { countAdmitted, KEY, sendAll, serve, sign } from './service.js';

const limits = { '*': '100/m', orders: '50/m', 'orders:write': '10/m', 'orders:write:+': '3/m' } as const;
const route = { scope: 'orders:write', children: true };
const forScope = (scope: string, count: number, keyId = 'key_1') =>
  Array.from({ length: count }, () => sign({ keyId, scope: scope === '' ? '' : `orders:write${scope}` }));

describe("a client that invents child scopes, or stops at the parent, to escape a tenant's budget", () => {
  it('gives each tenant its budget, and all of them together no more than the parent has', async () => {
    const service = serve({ limits });
    expect(countAdmitted(await sendAll(service, forScope(':t1', 5), route))).toBe(3);
    expect(countAdmitted(await sendAll(service, forScope(':t2', 2), route))).toBe(2);
    const invented = Array.from({ length: 40 }, (_, i) => sign({ scope: `orders:write:invented-${i}` }));
    expect(countAdmitted(await sendAll(service, invented, route))).toBe(5);
  });

  it('charges whoever stops at the parent to a child without a name', async () => {
    const service = serve({ limits });
    expect(countAdmitted(await sendAll(service, [...forScope(':t1', 3), ...forScope('', 5)], route))).toBe(6);
    expect(
      countAdmitted(await sendAll(service, [sign({ scope: 'orders:write' }), ...forScope('', 1)], route)),
    ).toBe(0);
    expect(countAdmitted(await sendAll(service, forScope(':t2', 3), route))).toBe(3);
  });

  it('charges whoever goes deeper to the tenant above', async () => {
    const service = serve({ limits });
    const deeper = Array.from({ length: 9 }, (_, i) => sign({ scope: `orders:write:t1:deeper-${i}` }));
    expect(countAdmitted(await sendAll(service, deeper, route))).toBe(3);
    expect(countAdmitted(await sendAll(service, forScope(':t1', 1), route))).toBe(0);
  });

  it('lets a key that is granted one tenant neither invent another nor stop at the parent', async () => {
    const service = serve({ limits }, { key_1: { ...KEY, scopes: ['orders:write:t1'] } });
    expect(await service.outcome(sign({ scope: 'orders:write:t2' }), route)).toBe('scope-not-granted');
    expect(await service.outcome(sign({ scope: 'orders:write:t1x' }), route)).toBe('scope-not-granted');
    expect(await service.outcome(sign({ scope: 'orders:write' }), route)).toBe('scope-not-granted');
    expect(await service.outcome(sign({ scope: '' }), route)).toBe('scope-not-granted');
    expect(await service.outcome(sign({ scope: 'orders' }), route)).toBe('scope-mismatch');
    expect(await service.outcome(sign({ scope: 'orders:write:t1' }), route)).toBe('admitted');
    expect(await service.outcome(sign({ scope: 'orders:write:t1:deeper' }), route)).toBe('admitted');
  });

  it('lets nobody sign a child where the route does not say so, or fixes the tenant itself', async () => {
    const service = serve({ limits });
    expect(await service.outcome(sign({ scope: 'orders:write:t1' }), { scope: 'orders:write' })).toBe(
      'scope-mismatch',
    );
    const fixed = { scope: ({ path }: { path: string }) => `orders:write:${path.split('/')[2]}` };
    const toTenant = (scope: string) => sign({ target: '/tenants/t1', scope });
    expect(await service.outcome(toTenant('orders:write:t2'), fixed)).toBe('scope-mismatch');
    expect(await service.outcome(toTenant('orders:write'), fixed)).toBe('scope-mismatch');
    expect(
      countAdmitted(
        await sendAll(
          service,
          [toTenant(''), toTenant('orders:write:t1'), toTenant(''), toTenant('')],
          fixed,
        ),
      ),
    ).toBe(3);
  });

  it('wants a limit on the parent before children may have one', () => {
    expect(() => serve({ limits: { 'orders:write:+': '3/m', '*': '10/m' } })).toThrow(
      'limits["orders:write:+"]',
    );
  });

  it('charges once a tenant whose own rate is that of every tenant', async () => {
    const service = serve({ limits: { ...limits, 'orders:write:t1': '3/m' } });
    const verdict = await service.send(sign({ scope: 'orders:write:t1' }), route);
    expect(verdict).toMatchObject({
      ok: true,
      budgets: [{ policy: 'orders:write:t1 3/60s', remaining: 2 }, { policy: 'orders:write 10/60s' }, {}, {}],
    });
    expect(countAdmitted(await sendAll(service, forScope(':t1', 5), route))).toBe(2);
  });
});
