/** Attacks with header fields: unbound, absent, split, injected, or named in letters that only look alike. */
import { describe, expect, it } from 'vitest';
import type { SignedHead } from '../../src/index.js';
import { exchange, listen, wireRequest } from './http-service.js';
import { OTHER_SECRET, type Outcome, serve, sign, withField, withLines } from './service.js';

const typed = sign({
  method: 'POST',
  body: '{}',
  headers: [
    ['content-type', 'application/json'],
    ['x-a', '1'],
    ['x-b', ''],
  ],
});

async function played(head: SignedHead): Promise<Outcome> {
  const service = serve();
  const outcome = await service.outcome(head);
  expect(await service.outcome(typed)).toBe('admitted');
  return outcome;
}
const renamed = (head: SignedHead, from: string, to: string): SignedHead => ({
  ...head,
  headers: head.headers.map(([name, value]) => [name === from ? to : name, value] as const),
});
const listed = (head: SignedHead, from: string, to: string) =>
  withField(head, 'authorization', (value) => value.replace(`headers="${from}"`, `headers="${to}"`));

describe('header names that are not bound, or absent headers that sign as empty', () => {
  it('binds each value to its name', async () => {
    const swapped = renamed(renamed(renamed(typed, 'x-a', 'x-tmp'), 'x-b', 'x-a'), 'x-tmp', 'x-b');
    expect(await played(swapped)).toBe('invalid-signature');
    const moved = listed(renamed(typed, 'x-b', 'x-c'), 'content-type;x-a;x-b', 'content-type;x-a;x-c');
    expect(await played(moved)).toBe('invalid-signature');
    expect(await played(withField(typed, 'x-a', () => '2'))).toBe('invalid-signature');
    expect(await played(withField(typed, 'x-b', () => '1'))).toBe('invalid-signature');
  });

  it('binds the list of names', async () => {
    const list = 'content-type;x-a;x-b';
    expect(await played(listed(typed, list, 'content-type;x-a'))).toBe('invalid-signature');
    expect(await played(listed(withLines(typed, ['x-c', '']), list, `${list};x-c`))).toBe(
      'invalid-signature',
    );
    expect(await played(listed(typed, list, 'content-type;x-b;x-a'))).toBe('malformed-signature');
    expect(await played(listed(typed, list, `${list};x-b`))).toBe('malformed-signature');
    expect(await played(listed(typed, list, ''))).toBe('malformed-request');
  });

  it('takes a field that is absent for absent, and an empty one for empty', async () => {
    expect(await played(withField(typed, 'x-b', () => []))).toBe('malformed-request');
    expect(await played(withField(typed, 'x-a', () => []))).toBe('malformed-request');
    const service = serve();
    expect(await service.outcome(withField(typed, 'x-b', () => ' \t '))).toBe('admitted');
  });
});

describe('a signed header split over two lines', () => {
  it.each<[string, SignedHead]>([
    ['the same line twice', withField(typed, 'x-a', (value) => [value, value])],
    ['an empty second line', withField(typed, 'x-a', (value) => [value, ''])],
    ['another line before it', withField(typed, 'content-type', (value) => ['text/html', value])],
    ['another line in another case', withLines(typed, ['Content-TYPE', 'text/html'])],
    ['another line at the end', withLines(typed, ['x-b', 'injected'])],
  ])('refuses %s', async (_, head) => {
    expect(await played(head)).toBe('malformed-request');
  });

  it('takes a list whose two lines were joined for what it is, only where that is what was signed', async () => {
    const list = sign({ headers: [['x-list', 'a, b']] });
    const service = serve();
    expect(await service.outcome(withField(list, 'x-list', () => ['a', 'b']))).toBe('malformed-request');
    const joined = { ...list, headers: new Headers(list.headers.map(([name, value]) => [name, value])) };
    expect(service.verifier.verify(joined, { scope: 'orders', body: '' })).toMatchObject({ ok: true });
  });

  it('refuses a signature on two lines', async () => {
    expect(await played(withField(typed, 'authorization', (value) => [value, value]))).toBe(
      'malformed-signature',
    );
    expect(await played(withField(typed, 'authorization', (value) => [value, 'Bearer x']))).toBe(
      'malformed-signature',
    );
    expect(await played(withField(typed, 'authorization', (value) => `${value}, ${value}`))).toBe(
      'malformed-signature',
    );
  });
});

describe('an injected method override, idempotency key or content encoding', () => {
  const injected: [string, string][] = [
    ['x-http-method-override', 'DELETE'],
    ['X-HTTP-Method', 'DELETE'],
    ['X-Method-Override', 'DELETE'],
    ['Idempotency-Key', 'of-another-call'],
    ['Content-Encoding', 'gzip'],
    ['X-Original-URL', '/admin'],
    ['X-Rewrite-URL', '/admin'],
  ];

  it.each(injected)('refuses %s where it was not signed, and admits it where it was', async (name, value) => {
    expect(await played(withLines(typed, [name, value]))).toBe('malformed-request');
    expect(await played(withLines(typed, [name.toLowerCase(), '']))).toBe('malformed-request');
    const service = serve();
    const signed = sign({ method: 'POST', headers: [[name, value]] });
    expect(await service.outcome(withField(signed, name.toLowerCase(), () => 'other'))).toBe(
      'invalid-signature',
    );
    expect(await service.outcome(signed)).toBe('admitted');
  });

  it('refuses an injected content type, and what the operator names', async () => {
    const service = serve({ requireSigned: ['X-Tenant'] });
    expect(await service.outcome(withLines(sign(), ['Content-Type', 'text/html']))).toBe('malformed-request');
    expect(await service.outcome(withLines(sign(), ['x-tenant', 'acme']))).toBe('malformed-request');
    expect(await service.outcome(sign({ headers: [['x-tenant', 'acme']] }))).toBe('admitted');
  });

  it('refuses an injected bearer token where the signature has a field of its own', async () => {
    const service = serve({ header: 'x-signature' });
    expect(
      await service.outcome(withLines(sign({ field: 'x-signature' }), ['Authorization', 'Bearer x'])),
    ).toBe('malformed-request');
    expect(
      await service.outcome(sign({ field: 'x-signature', headers: [['authorization', 'Bearer x']] })),
    ).toBe('admitted');
  });
});

describe('U+212A and other characters that lower-case into ASCII', () => {
  // U+212A lower-cases to k, U+0130 to i and a dot; U+017F upper-cases to S.
  it('takes no name of a field for one that it lower-cases to', async () => {
    const keyed = sign({ headers: [['idempotency-key', 'a']] });
    expect('idempotency-\u212aey'.toLowerCase()).toBe('idempotency-key');
    const service = serve();
    expect(await service.outcome(renamed(keyed, 'idempotency-key', 'idempotency-\u212aey'))).toBe(
      'malformed-request',
    );
    expect(await service.outcome(renamed(keyed, 'idempotency-key', 'idempotency-KEY'))).toBe('admitted');
    const tokened = sign({ headers: [['x-token', 'a']] });
    expect(await service.outcome(withLines(tokened, ['x-to\u212aen', 'b']))).toBe('admitted');
  });

  it('takes no name of a key, a scope, a method or a host for one', async () => {
    const keys = { key_k: { secret: OTHER_SECRET, scopes: ['orders:k'] } };
    const service = serve({ audience: ['kelvin.example'] }, keys);
    const head = sign({
      keyId: 'key_k',
      secret: OTHER_SECRET,
      scope: 'orders:k',
      audience: 'kelvin.example',
    });
    const route = { scope: 'orders:k' };
    const kelvin = (from: string, to: string) =>
      withField(head, 'authorization', (value) => value.replace(from, to));
    expect(await service.outcome(kelvin('key_k', 'key_\u212a'), route)).toBe('malformed-signature');
    expect(await service.outcome(kelvin('orders:k', 'orders:\u212a'), route)).toBe('malformed-signature');
    expect(await service.outcome(kelvin('CS1-', 'C\u017f1-'), route)).toBe('missing-signature');
    expect(
      await service.outcome(
        withField(head, 'host', () => '\u212aelvin.example'),
        route,
      ),
    ).toBe('malformed-request');
    expect(await service.outcome({ ...head, target: 'http\u017f://kelvin.example/v1/orders' }, route)).toBe(
      'malformed-target',
    );
    expect(await service.outcome({ ...head, target: 'http://\u212aelvin.example/v1/orders' }, route)).toBe(
      'malformed-target',
    );
    expect(await service.outcome({ ...head, method: 'GE\uff34' }, route)).toBe('malformed-request');
    expect(
      await service.outcome(
        withField(head, 'host', () => 'KELVIN.example'),
        route,
      ),
    ).toBe('admitted');
  });

  it('never sees such a name on a socket: the HTTP parser refuses it', async () => {
    const { verifier } = serve({ now: Date.now });
    const { port, handled } = await listen(verifier);
    const head = sign({ signedAtMs: Date.now() });
    expect(await exchange(port, wireRequest(head, 'idempotency-\u00e2\u0084\u00aaey: a'))).toMatchObject({
      status: 400,
    });
    expect(await exchange(port, wireRequest(head, 'x-token: a'))).toMatchObject({
      status: 200,
      body: 'admitted',
    });
    expect(handled).toHaveLength(1);
  });
});
