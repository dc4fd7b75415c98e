/** Attacks on endpoints: forgotten ones, dear ones, and those that tell whether a guess was right. */
import { forwardedAddress, routeScopes } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import { exchange, listen, wireRequest } from './http-service.js';
import {
  countAdmitted,
  KEY,
  OTHER_SECRET,
  type Outcome,
  sendAll,
  serve,
  sign,
  withLines,
} from './service.js';

const all = { key_1: { ...KEY, scopes: ['*'] } };
const routes = routeScopes({
  'GET /v1/orders': 'orders:read',
  'POST /v1/orders': 'orders:write',
  'POST /v1/token/:user': (_, { user }) => `token:${user}`,
});

describe('an endpoint that nobody decorated', () => {
  it('is refused by a guard over everything that does not know it', async () => {
    const { verifier } = serve({ now: Date.now }, all);
    const { port, handled } = await listen(verifier, { scope: routes });
    const send = (method: string, target: string) =>
      exchange(port, wireRequest(sign({ method, target, signedAtMs: Date.now() })));
    for (const target of [
      '/admin',
      '/v1/orders/',
      '/v1/Orders',
      '/V1/orders',
      '/v1/orders/7',
      '/v1//orders',
      '//v1/orders',
      '/v1/orders%2F',
      '/',
    ]) {
      expect(await send('GET', target), target).toEqual({ status: 403, body: 'scope-mismatch' });
    }
    expect(await send('DELETE', '/v1/orders')).toEqual({ status: 403, body: 'scope-mismatch' });
    expect(handled).toEqual([]);
    expect(await send('GET', '/v1/orders?all=1')).toEqual({ status: 200, body: 'admitted' });
    expect(await send('HEAD', '/v1/orders')).toMatchObject({ status: 200 });
    expect(handled).toEqual(['GET /v1/orders?all=1', 'HEAD /v1/orders']);
  });

  it('is refused whatever scope the client signs for it', async () => {
    const service = serve({}, all);
    for (const scope of ['', 'orders', 'orders:read', 'admin', 'token']) {
      expect(
        await service.outcome(sign({ target: '/admin', scope }), { scope: routes, children: true }),
      ).toBe('scope-mismatch');
    }
    expect(await service.outcome(sign({ scope: 'orders:read' }), { scope: routes })).toBe('admitted');
  });
});

describe('keys from a spoofable address or an unverified header', () => {
  const names = [
    'x-forwarded-for',
    'x-real-ip',
    'forwarded',
    'cf-connecting-ip',
    'x-api-key',
    'x-client-id',
    'x-tenant',
    'user-agent',
    'cookie',
  ];

  it('takes the budget of a request from its signature, whatever the fields and the address say', async () => {
    const service = serve({ limits: { orders: '5/m' } });
    const outcomes: Outcome[] = [];
    for (let i = 0; i < 40; i++) {
      const lines = names.map((name) => [name, `203.0.113.${i}`] as const);
      outcomes.push(await service.outcome(withLines(sign(), ...lines), {}, `203.0.113.${i}`));
    }
    expect(countAdmitted(outcomes)).toBe(5);
  });

  it('reads no address that a client could have written itself', async () => {
    const service = serve({ failures: { limit: 5, windowMs: 60_000 } });
    const guess = (i: number, proxies: number) => {
      const address = forwardedAddress('192.0.2.1', [`203.0.113.${i}, 198.51.100.1`], proxies);
      return service.outcome(sign({ secret: OTHER_SECRET }), {}, address);
    };
    const direct = await Promise.all(Array.from({ length: 20 }, (_, i) => guess(i, 0)));
    expect(direct.filter((outcome) => outcome === 'invalid-signature')).toHaveLength(5);
    const behindOne = await Promise.all(Array.from({ length: 20 }, (_, i) => guess(i, 1)));
    expect(behindOne.filter((outcome) => outcome === 'invalid-signature')).toHaveLength(5);
    // With two proxies of the operator's own, the entry was written by one of them.
    const behindTwo = await Promise.all(Array.from({ length: 20 }, (_, i) => guess(i, 2)));
    expect(behindTwo.filter((outcome) => outcome === 'invalid-signature')).toHaveLength(20);
  });
});

describe('brute force against a token endpoint, by client and by user name', () => {
  const limits = { token: '20/m', 'token:+': '5/m' } as const;
  const guess = (user: string, keyId = 'key_1') =>
    sign({ method: 'POST', target: `/v1/token/${user}`, body: 'guess', keyId });

  it('stops a client that guesses for one user name, and one that goes through many', async () => {
    const service = serve({ limits }, all);
    const one = Array.from({ length: 30 }, () => guess('alice'));
    expect(countAdmitted(await sendAll(service, one, { scope: routes }))).toBe(5);
    const spelled = ['%61lice', 'alic%65', '%61%6C%69%63%65'].map((user) => guess(user));
    expect(countAdmitted(await sendAll(service, spelled, { scope: routes }))).toBe(0);
    const many = Array.from({ length: 60 }, (_, i) => guess(`user-${i}`));
    expect(countAdmitted(await sendAll(service, many, { scope: routes }))).toBe(15);
  });

  it('stops a client that guesses with several keys, and leaves the next client alone', async () => {
    const keys = {
      a: { ...KEY, scopes: ['*'], owner: 'mallory' },
      b: { ...KEY, scopes: ['*'], owner: 'mallory' },
      c: { ...KEY, scopes: ['*'] },
    };
    const service = serve({ limits }, keys);
    const guesses = Array.from({ length: 30 }, (_, i) => guess('alice', i % 2 === 0 ? 'a' : 'b'));
    expect(countAdmitted(await sendAll(service, guesses, { scope: routes }))).toBe(5);
    // Budgets are per owner: a count by user name over all owners is the application's own to keep.
    expect(await service.outcome(guess('alice', 'c'), { scope: routes })).toBe('admitted');
  });

  it('stops whoever guesses at a secret, without locking out the key that is named', async () => {
    const service = serve({ limits, failures: { limit: 5, windowMs: 60_000 } }, all);
    const outcomes = [];
    for (let i = 0; i < 50; i++) {
      const secret = new Uint8Array(32).fill(i + 1);
      outcomes.push(await service.outcome(sign({ secret }), {}, '192.0.2.1'));
      expect(await service.outcome(sign(), { scope: 'orders' }, '192.0.2.2')).toBe('admitted');
    }
    expect(outcomes).toEqual([...Array(5).fill('invalid-signature'), ...Array(45).fill('too-many-failures')]);
  });
});

describe('unmetered expensive and administrative endpoints', () => {
  it('charges a dear endpoint what it costs, from what is signed alone', async () => {
    const service = serve({ limits: { orders: '100/m' } });
    const cost = ({ query }: { query: string }) => (query.includes('export=all') ? 40 : 1);
    const dear = Array.from({ length: 9 }, () => sign({ target: '/v1/orders?export=all' }));
    expect(countAdmitted(await sendAll(service, dear, { cost }))).toBe(2);
    const spelled = Array.from({ length: 9 }, () => sign({ target: '/v1/orders?%65xport=%61ll' }));
    expect(countAdmitted(await sendAll(service, spelled, { cost }))).toBe(0);
    expect(
      countAdmitted(
        await sendAll(
          service,
          Array.from({ length: 30 }, () => sign()),
          { cost },
        ),
      ),
    ).toBe(20);
  });

  it('counts an endpoint without a limit of its own for the whole owner', async () => {
    const service = serve({ limits: { '*': '10/m', orders: '5/m' } }, all);
    const admin = Array.from({ length: 30 }, (_, i) => sign({ target: `/admin/${i}` }));
    expect(countAdmitted(await sendAll(service, admin, { scope: 'admin' }))).toBe(10);
    expect(await service.outcome(sign())).toBe('rate-limited');
  });

  it('keeps an administrative endpoint to keys that are granted it', async () => {
    const service = serve({ limits: { '*': '10/m' } }, { key_1: KEY, root: { ...KEY, scopes: ['admin'] } });
    for (const scope of ['', 'orders', 'admin', 'admin:reset']) {
      expect(await service.outcome(sign({ scope }), { scope: 'admin', children: true })).not.toBe('admitted');
    }
    expect(await service.outcome(sign({ keyId: 'root' }), { scope: 'admin' })).toBe('admitted');
  });
});
