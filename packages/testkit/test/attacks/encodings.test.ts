/** Attacks by spelling: two spellings of one request, or one spelling of two. */
import { routeScopes } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import type { SignedHead } from '../../src/index.js';
import { countAdmitted, KEY, type Outcome, sendAll, serve, sign, withField } from './service.js';

/** What becomes of a request that was signed with one target and is sent with another. */
async function played(signed: string, sent: string): Promise<Outcome> {
  const service = serve();
  const head = sign({ target: signed });
  const outcome = await service.outcome({ ...head, target: sent });
  if (outcome !== 'admitted') expect(await service.outcome(head), signed).toBe('admitted');
  return outcome;
}

describe('equivalent encodings that split or merge budgets', () => {
  const equivalent = [
    '/v1/orders/%7eeu?b=%2d&a=1',
    '/v1/orders/~eu?a=1&b=-',
    '/v1/%6Frders/%7Eeu?a=%31&b=%2D',
    'http://api.example.com/v1/orders/~eu?b=-&a=1',
    'HTTPS://API.example.COM:443/v1/orders/%7Eeu?a=1&b=-',
  ];

  it('counts every spelling of one request in one budget', async () => {
    const service = serve({ limits: { 'orders:~eu': '3/m' } });
    const scope = routeScopes({ 'GET /v1/orders/~eu': 'orders:~eu' });
    const heads = equivalent.map((target) => sign({ target }));
    expect(countAdmitted(await sendAll(service, heads, { scope }))).toBe(3);
    expect(await service.outcome(sign({ target: '/v1/orders/~EU' }), { scope })).toBe('scope-mismatch');
  });

  it('takes the same request in another spelling for the same request, and admits it once', async () => {
    const service = serve();
    const head = sign({ target: equivalent[0] ?? '' });
    const outcomes = await sendAll(
      service,
      equivalent.map((target): SignedHead => ({ ...head, target })),
    );
    expect(outcomes).toEqual(['admitted', ...Array(equivalent.length - 1).fill('replayed-nonce')]);
  });

  it.each([
    ['/v1/orders/a%2Fb', '/v1/orders/a/b'],
    ['/v1/orders/a%252Fb', '/v1/orders/a%2Fb'],
    ['/v1/orders?a=%2B', '/v1/orders?a=+'],
    ['/v1/orders?a=%20', '/v1/orders?a=+'],
    ['/v1/orders?a=%2B', '/v1/orders?a=%20'],
    ['/v1/orders?a', '/v1/orders?a='],
    ['/v1/orders?a=1%262', '/v1/orders?a=1&2'],
    ['/v1/orders', '/v1/orders/'],
    ['/v1/orders', '/v1//orders'],
    ['/v1/orders', '/v1/Orders'],
    ['/v1/orders;a=1', '/v1/orders%3Ba=1'],
  ])('does not take %s for %s', async (signed, sent) => {
    expect(await played(signed, sent)).toBe('invalid-signature');
  });

  it.each([
    '/v1/./orders',
    '/v1/x/../orders',
    '/v1/%2e/orders',
    '/v1/x/%2E./orders',
    '/v1/x/..;a/orders',
    '/v1/x%2F..%5Corders',
  ])('repairs nothing: %s is no spelling of a path', async (sent) => {
    expect(await played('/v1/orders', sent)).toBe('ambiguous-target');
  });

  it('merges no two tenants that a router would tell apart by an encoded slash', async () => {
    const service = serve({ limits: { 'orders:a': '1/m' } }, { key_1: { ...KEY, scopes: ['*'] } });
    const scope = ({ path }: { path: string }) => `orders:${path.split('/')[2]}`;
    expect(await service.outcome(sign({ target: '/orders/a' }), { scope })).toBe('admitted');
    expect(await service.outcome(sign({ target: '/orders/%61' }), { scope })).toBe('rate-limited');
    expect(await service.outcome(sign({ target: '/orders/a%2Fb' }), { scope })).toBe('scope-mismatch');
    expect(await service.outcome(sign({ target: '/orders/b' }), { scope })).toBe('admitted');
  });
});

describe('a thousand-and-first parameter left out', () => {
  const query = (count: number, last: string) =>
    `/v1/orders?${Array.from({ length: count - 1 }, (_, i) => `p=${i}`).join('&')}&${last}`;

  it('covers the thousandth, and refuses one more', async () => {
    expect(await played(query(1000, 'admin=0'), query(1000, 'admin=1'))).toBe('invalid-signature');
    expect(await played(query(1000, 'admin=0'), query(1001, 'admin=0'))).toBe('malformed-target');
    expect(await played(query(1000, 'admin=0'), query(1000, 'admin=0&'))).toBe('malformed-target');
    expect(await played(query(1000, 'admin=0'), query(999, 'p=0'))).toBe('invalid-signature');
    expect(() => sign({ target: query(1001, 'admin=0') })).toThrow();
  });
});

describe('repeated parameters collapsed', () => {
  it.each([
    ['a=1&a=2', 'a=2'],
    ['a=1&a=2', 'a=1'],
    ['a=1&a=2', 'a=2&a=1'],
    ['a=1&a=1', 'a=1'],
    ['a=1&b=1', 'a=1&b=1&a=1'],
    ['a[]=1&a[]=2', 'a[]=1,2'],
    ['a=1&a=2', 'a=1,2'],
    ['a=1&&b=2', 'a=1&b=2'],
    ['a=1', 'a=1&'],
  ])('does not take ?%s for ?%s', async (signed, sent) => {
    expect(await played(`/v1/orders?${signed}`, `/v1/orders?${sent}`)).toBe('invalid-signature');
  });
});

describe('invalid UTF-8 bytes conflated', () => {
  it.each([
    ['%FF', '%FE'],
    ['%FF', '%EF%BF%BD'],
    ['%C0%AF', '%2F'],
    ['%C0%AE', '.'],
    ['%ED%A0%80', '%ED%B0%80'],
    ['%C3', '%C3%BF'],
    ['%E9', '%C3%A9'],
    ['%EF%BB%BFa', 'a'],
    ['%c3%a9', '%65%cc%81'],
  ])('does not take %s for %s, in a name, a value or a path', async (signed, sent) => {
    expect(await played(`/v1/orders?a=${signed}`, `/v1/orders?a=${sent}`)).toBe('invalid-signature');
    expect(await played(`/v1/orders?${signed}=a`, `/v1/orders?${sent}=a`)).toBe('invalid-signature');
    expect(await played(`/v1/x${signed}`, `/v1/x${sent}`)).toBe('invalid-signature');
  });

  it('takes no raw byte outside ASCII', async () => {
    expect(await played('/v1/orders?a=%FF', '/v1/orders?a=\u00ff')).toBe('malformed-target');
    expect(await played('/v1/orders?a=%EF%BF%BD', '/v1/orders?a=\ufffd')).toBe('malformed-target');
    expect(await played('/v1/orders?a=%C3%BF', '/v1/orders?a=\ud800')).toBe('malformed-target');
  });
});

describe('reordering `a+b` and `a%20b`, `a[b]` and `a`', () => {
  it.each([
    ['a+b=1&a%20b=2', 'a%20b=2&a+b=1'],
    ['a[b]=1&a=2', 'a=2&a[b]=1'],
    ['a=1&a[]=2', 'a[]=2&a=1'],
    ['a[x]=1&a[y]=2', 'a[y]=2&a[x]=1'],
    ['a.b=1&a=2', 'a=2&a.b=1'],
    ['a.b=1&a[b]=2', 'a[b]=2&a.b=1'],
    ['a%5Bb%5D=1&a=2', 'a=2&a%5Bb%5D=1'],
    ['%61=1&a=2', 'a=2&%61=1'],
    ['[a]=1&[b]=2', '[b]=2&[a]=1'],
    ['=1&=2', '=2&=1'],
  ])('does not take ?%s for ?%s', async (signed, sent) => {
    expect(await played(`/v1/orders?${signed}`, `/v1/orders?${sent}`)).toBe('invalid-signature');
  });

  it('takes names that nobody confuses in any order, once', async () => {
    const service = serve();
    const head = sign({ target: '/v1/orders?b=2&a+b=1&a=3' });
    const reordered = { ...head, target: '/v1/orders?a=3&b=2&a+b=1' };
    expect(await service.outcome(reordered)).toBe('admitted');
    expect(await service.outcome(head)).toBe('replayed-nonce');
    expect(
      await service.outcome(withField(head, 'authorization', (value) => value.replace('key=', 'KEY='))),
    ).toBe('malformed-signature');
  });
});
