/** Attacks on a memory that has an end: what is pushed out, and who pays for it. */
import { memoryStore } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import { countAdmitted, KEY, OTHER_SECRET, sendAll, serve, sign, T } from './service.js';

describe('an eviction that is itself the attack (junk keys push out the counter, junk nonces push out the nonce)', () => {
  const victim = sign({ keyId: 'victim' });
  const keys = { victim: KEY, flood: { ...KEY, scopes: ['*'] } };
  const flood = (count: number, signedAtMs = T) =>
    Array.from({ length: count }, () => sign({ keyId: 'flood', signedAtMs }));

  it('lets no junk key push out a counter or a nonce', async () => {
    const store = memoryStore({ maxNonces: 4, maxBudgetsPerOwner: 2 });
    const service = serve({ store, limits: { orders: '1/m', '*': '1/m' } }, keys);
    expect(await service.outcome(victim)).toBe('admitted');
    const junk = Array.from({ length: 2000 }, (_, i) => sign({ keyId: `junk_${i}`, secret: OTHER_SECRET }));
    expect(countAdmitted(await sendAll(service, junk))).toBe(0);
    expect(store.size).toBe(1);
    expect(await service.outcome(victim)).toBe('replayed-nonce');
    expect(await service.outcome(sign({ keyId: 'victim' }))).toBe('rate-limited');
  });

  it("lets no flood of one key push out another key's nonce", async () => {
    const store = memoryStore({ maxNonces: 16 });
    const service = serve({ store }, keys);
    expect(await service.outcome(victim)).toBe('admitted');
    await sendAll(service, flood(500));
    await sendAll(service, flood(500, T + 10_000));
    expect(store.size).toBeLessThanOrEqual(17);
    expect(await service.outcome(victim)).toBe('replayed-nonce');
    expect(await service.outcome(sign({ keyId: 'victim' }))).toBe('admitted');
  });

  it('reopens no request of the flooding key itself: what it pushed out is refused, not forgotten', async () => {
    const service = serve({ store: memoryStore({ maxNonces: 16 }) }, keys);
    const first = sign({ keyId: 'flood', signedAtMs: T - 1 });
    expect(await service.outcome(first)).toBe('admitted');
    expect(countAdmitted(await sendAll(service, flood(16)))).toBe(16);
    expect(await service.outcome(first)).toBe('store-recovering');
    expect(await service.outcome(sign({ keyId: 'flood', signedAtMs: T - 1 }))).toBe('store-recovering');
    expect(await service.outcome(sign({ keyId: 'flood', signedAtMs: T }))).toBe('admitted');
    expect(await service.outcome(first)).toBe('store-recovering');
  });

  it('evicts no live counter for a new one, and refuses the new one for its own owner only', async () => {
    const limits = { orders: '100/m', 'orders:+': '1/m' } as const;
    const service = serve({ store: memoryStore({ maxBudgetsPerOwner: 5 }), limits }, keys);
    const child = (keyId: string, name: string) =>
      service.outcome(sign({ keyId, scope: `orders:${name}` }), { children: true });
    expect(await child('victim', 'a')).toBe('admitted');
    expect(await child('flood', 'a')).toBe('admitted');
    for (let i = 0; i < 3; i++) expect(await child('flood', `t${i}`)).toBe('admitted');
    for (let i = 3; i < 100; i++) expect(await child('flood', `t${i}`)).toBe('rate-limited');
    expect(await child('flood', 'a')).toBe('rate-limited');
    expect(await child('victim', 'a')).toBe('rate-limited');
    expect(await child('victim', 'b')).toBe('admitted');
    service.clock.nowMs = T + 60_000;
    expect(await child('flood', 't99')).toBe('admitted');
  });
});
