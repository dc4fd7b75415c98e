/** Attacks on how budgets are kept: burnt, refunded, misread, mixed up, reset or never freed. */
import { cachedDirectory, createVerifier, keyring, memoryStore } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import { TEST_AUDIENCE } from '../../src/index.js';
import { countAdmitted, KEY, refusedOf, sendAll, serve, sign, T } from './service.js';

const remainingOf = (verdict: { budgets: readonly { policy: string; remaining: number }[] }) =>
  Object.fromEntries(verdict.budgets.map(({ policy, remaining }) => [policy.split(' ')[0], remaining]));

describe('a denied request that burns budget, or drains a sibling limit', () => {
  const limits = { '*': '20/m', orders: '10/m', 'orders:write': ['2/s', '6/m'] } as const;
  const route = { scope: 'orders:write' };

  it('takes nothing from any budget, however often it is denied and whatever for', async () => {
    const service = serve({ limits });
    await sendAll(service, [sign(), sign()], route);
    for (let i = 0; i < 50; i++) expect(await service.outcome(sign(), route)).toBe('rate-limited');
    expect(await service.outcome(sign({ body: 'a' }), { ...route, body: 'b' })).toBe('digest-mismatch');
    expect(await service.outcome(sign({ signedAtMs: T - 400_000 }), route)).toBe('stale-timestamp');
    expect(await service.outcome(sign({ scope: 'orders:read' }), route)).toBe('scope-mismatch');
    expect(await service.outcome(sign(), { ...route, cost: 7 })).toBe('rate-limited');
    service.clock.nowMs = T + 1000;
    const verdict = await service.send(sign(), route);
    expect(verdict).toMatchObject({ ok: true });
    if (verdict.ok) {
      expect(verdict.budgets.map(({ policy, remaining }) => [policy, remaining])).toEqual([
        ['orders:write 2/1s', 1],
        ['orders:write 6/60s', 3],
        ['orders 10/60s', 7],
        ['* 20/60s', 17],
      ]);
    }
  });

  it('admits the very request that was denied, once there is room', async () => {
    const service = serve({ limits });
    await sendAll(service, [sign(), sign()], route);
    const head = sign();
    const { retryAfterMs = 0 } = refusedOf(await service.send(head, route));
    service.clock.nowMs += retryAfterMs;
    expect(await service.outcome(head, route)).toBe('admitted');
  });
});

describe('sub-second windows that floor to zero and block for ever', () => {
  it.each(['5/ms', '5/500ms', '5/0.5s', '5/0s', '5/0 s', '5/00 s', '0/s', '0.5/s', '5/-1 s', '1e3/s'])(
    'takes %s for no rate at all',
    (rate) => {
      expect(() => serve({ limits: { orders: rate as '5/s' } })).toThrow(RangeError);
      expect(() => serve({ limits: { orders: rate as '5/s' } })).toThrow('limits["orders"]');
    },
  );

  it('opens the shortest window again after one second, to the millisecond', async () => {
    const service = serve({ limits: { orders: '5/s' } });
    expect(
      countAdmitted(
        await sendAll(
          service,
          Array.from({ length: 9 }, () => sign()),
        ),
      ),
    ).toBe(5);
    service.clock.nowMs = T + 999;
    expect(await service.outcome(sign())).toBe('rate-limited');
    service.clock.nowMs = T + 1000;
    expect(
      countAdmitted(
        await sendAll(
          service,
          Array.from({ length: 9 }, () => sign()),
        ),
      ),
    ).toBe(5);
  });
});

describe('a refund that grants more than was taken', () => {
  async function* source(text: string) {
    yield new TextEncoder().encode(text);
  }

  it('gives nothing back for a streamed body that turns out wrong, and says that it was charged', async () => {
    const service = serve({ limits: { orders: '3/m' } });
    for (let i = 0; i < 3; i++) {
      const head = sign({ method: 'POST', body: 'right' });
      const proved = await service.verifier.verify(head, { scope: 'orders' });
      if (!proved.ok) throw new Error(proved.code);
      const admitted = await proved.stream(source('wrong'));
      if (!admitted.ok) throw new Error(admitted.code);
      expect(remainingOf(admitted)).toEqual({ orders: 2 - i });
      await expect(admitted.body.next()).resolves.toMatchObject({ done: false });
      await expect(admitted.body.next()).rejects.toThrow();
      const error = await admitted.verified.catch((reason) => reason);
      expect(admitted.refuse(error)).toMatchObject({ code: 'digest-mismatch', problem: { charged: true } });
    }
    expect(await service.outcome(sign())).toBe('rate-limited');
  });

  it('frees with time exactly what was taken, whatever the costs were', async () => {
    const service = serve({ limits: { orders: '10/m' } });
    const take = async (cost: number) => service.send(sign({ signedAtMs: service.clock.nowMs }), { cost });
    expect(await take(7)).toMatchObject({ ok: true });
    service.clock.nowMs += 30_000;
    expect(await take(3)).toMatchObject({ ok: true });
    expect(await take(1)).toMatchObject({ code: 'rate-limited' });
    service.clock.nowMs += 30_000;
    expect(await take(8)).toMatchObject({ code: 'rate-limited' });
    expect(await take(7)).toMatchObject({ ok: true, budgets: [{ remaining: 0 }] });
  });
});

describe('a rate of `5/month` read as five a minute', () => {
  it.each(['5/month', '5/mo', '5/mins', '5/m0', '5/w', '5/year', '5 / m onth', '5/m; 9/s', '5/m\n'])(
    'takes %j for no rate, at construction',
    (rate) => {
      expect(() => serve({ limits: { orders: rate as '5/m' } })).toThrow(RangeError);
      expect(() => keyring({ k: { ...KEY, limits: { orders: rate as '5/m' } } })).toThrow(
        'keys.k.limits["orders"]',
      );
    },
  );

  it('reads a minute as a minute', async () => {
    const service = serve({ limits: { orders: '5/m' } });
    const verdict = await service.send(sign());
    expect(verdict).toMatchObject({ budgets: [{ limit: 5, windowMs: 60_000 }] });
  });
});

describe('counters left without expiry', () => {
  it('frees the place of a counter whose window has passed, and keeps one in use', async () => {
    const service = serve({
      limits: { orders: '100/s', 'orders:+': '5/s' },
      store: memoryStore({ maxBudgetsPerOwner: 3 }),
    });
    const child = (name: number) => sign({ scope: `orders:t${name}`, signedAtMs: service.clock.nowMs });
    const send = (name: number) => service.outcome(child(name), { children: true });
    for (let round = 0; round < 20; round++) {
      expect(await send(2 * round)).toBe('admitted');
      expect(await send(2 * round + 1)).toBe('admitted');
      expect(await send(1000 + round)).toBe('rate-limited');
      service.clock.nowMs += 1000;
    }
  });

  it('keeps no nonce longer than its signature could be accepted', async () => {
    const store = memoryStore();
    const service = serve({ store });
    for (let i = 0; i < 500; i++) {
      service.clock.nowMs = T + i * 10_000;
      expect(await service.outcome(sign({ signedAtMs: service.clock.nowMs }))).toBe('admitted');
      expect(store.size).toBeLessThanOrEqual(31);
    }
  });
});

describe('a wildcard in a reset that clears other tenants', () => {
  it('resets nobody: there is no reset, and forgetting a key by a pattern forgets nothing', async () => {
    let asked = 0;
    const directory = cachedDirectory((id) => {
      asked += 1;
      return id.startsWith('tenant') ? KEY : undefined;
    });
    const service = serve({ keys: directory, limits: { '*': '1/m' } });
    expect(await service.outcome(sign({ keyId: 'tenant1' }))).toBe('admitted');
    for (const pattern of ['*', 'tenant*', 'tenant?', 'tenant', '', '%', '.*', 'tenant1*'])
      directory.invalidate(pattern);
    expect(await service.outcome(sign({ keyId: 'tenant1' }))).toBe('rate-limited');
    expect(asked).toBe(1);
    directory.invalidate('tenant1');
    expect(await service.outcome(sign({ keyId: 'tenant1' }))).toBe('rate-limited');
    expect(asked).toBe(2);
  });

  it('takes an owner named like a pattern for a name', async () => {
    const names = ['*', 'acme*', 'acme', 'acme:', '', '[a-z]*'].filter((owner) => owner !== '');
    const keys = Object.fromEntries(names.map((owner, i) => [`k${i}`, { ...KEY, owner }]));
    const service = serve({ limits: { '*': '1/m' } }, keys);
    for (const [i] of names.entries())
      expect(await service.outcome(sign({ keyId: `k${i}` }))).toBe('admitted');
    for (const [i] of names.entries())
      expect(await service.outcome(sign({ keyId: `k${i}` }))).toBe('rate-limited');
  });
});

describe('keys joined without delimiters', () => {
  it('keeps budgets apart whose owner and scope read the same when joined', async () => {
    const limits = { 'b:c': '1/m', c: '1/m', bc: '1/m' } as const;
    const owners = ['a', 'a:b', 'ab', 'a b', 'a b:c 1/60s'];
    const keys = Object.fromEntries(owners.map((owner, i) => [`k${i}`, { ...KEY, scopes: ['*'], owner }]));
    const service = serve({ limits }, keys);
    for (const scope of ['b:c', 'c', 'bc']) {
      for (const [i] of owners.entries())
        expect(await service.outcome(sign({ keyId: `k${i}` }), { scope })).toBe('admitted');
      for (const [i] of owners.entries())
        expect(await service.outcome(sign({ keyId: `k${i}` }), { scope })).toBe('rate-limited');
    }
  });

  it('keeps nonces apart by key, and takes a nonce of one key for new under another', async () => {
    const service = serve({}, { a: KEY, aa: KEY, 'a-': KEY });
    const nonce = '0f8fad5b-d9cb-469f-a165-70867728950e';
    for (const keyId of ['a', 'aa', 'a-']) {
      expect(await service.outcome(sign({ keyId, nonce }))).toBe('admitted');
      expect(await service.outcome(sign({ keyId, nonce }))).toBe('replayed-nonce');
    }
  });

  it('keeps the child without a name apart from children that are named', () => {
    const limits = { orders: '9/m', 'orders:+': '1/m' } as const;
    const verifier = createVerifier({
      keys: keyring({ key_1: KEY }),
      audience: TEST_AUDIENCE,
      limits,
      now: () => T,
    });
    const send = (scope: string) =>
      verifier.verify(sign({ scope }), { scope: 'orders', children: true, body: '' });
    for (const scope of ['orders:a', 'orders', 'orders:orders', 'orders:.', 'orders:-']) {
      expect(send(scope)).toMatchObject({ ok: true });
      expect(send(scope)).toMatchObject({ code: 'rate-limited' });
    }
  });
});
