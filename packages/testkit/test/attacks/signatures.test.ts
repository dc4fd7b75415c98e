/** Attacks on what a signature covers, and on whether what it covers is looked at. */
import { canonicalize, formatAuthorization, hmacSha256Hex, sha256Hex } from '@countersign/canonical';
import { describe, expect, it } from 'vitest';
import { type SignedHead, TEST_AUDIENCE, TEST_SECRET } from '../../src/index.js';
import { KEY, serve, sign, T, withField, withLines } from './service.js';

describe('signatures that leave out the query, a path parameter or the body', () => {
  const head = sign({ method: 'POST', target: '/v1/orders/42?limit=1', body: '{"amount":1}' });

  it.each<[string, Partial<SignedHead>, string]>([
    ['another query', { target: '/v1/orders/42?limit=1000' }, 'invalid-signature'],
    ['no query', { target: '/v1/orders/42' }, 'invalid-signature'],
    ['one more parameter', { target: '/v1/orders/42?limit=1&admin=1' }, 'invalid-signature'],
    ['another path parameter', { target: '/v1/orders/43?limit=1' }, 'invalid-signature'],
    ['another matrix parameter', { target: '/v1/orders/42;v=2?limit=1' }, 'invalid-signature'],
    ['another method', { method: 'PUT' }, 'invalid-signature'],
    ['another body', { body: '{"amount":9}' }, 'digest-mismatch'],
    ['no body', { body: '' }, 'digest-mismatch'],
    ['a longer body', { body: '{"amount":1} ' }, 'digest-mismatch'],
  ])('refuses %s, and admits what was signed', async (_, change, code) => {
    const service = serve();
    expect(await service.outcome({ ...head, ...change })).toBe(code);
    expect(await service.outcome(head)).toBe('admitted');
  });
});

describe('a body hash that is sent but not checked', () => {
  const body = 'amount=1';
  const head = sign({ method: 'POST', body });
  const otherDigest = sha256Hex('amount=9');

  it('refuses another body with the digest that was signed, and the digest of another body', async () => {
    const service = serve();
    expect(await service.outcome({ ...head, body: 'amount=9' })).toBe('digest-mismatch');
    const swapped = withField(head, 'authorization', (value) => value.replace(sha256Hex(body), otherDigest));
    expect(swapped).not.toEqual(head);
    expect(await service.outcome({ ...swapped, body: 'amount=9' })).toBe('invalid-signature');
    expect(await service.outcome(swapped)).toBe('invalid-signature');
    expect(await service.outcome(head)).toBe('admitted');
  });

  it('believes no field about the body', async () => {
    const service = serve();
    const lines = [
      ['content-digest', `sha-256=:${Buffer.from(otherDigest, 'hex').toString('base64')}:`],
      ['digest', `SHA-256=${Buffer.from(otherDigest, 'hex').toString('base64')}`],
      ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD'],
    ] as const;
    expect(await service.outcome({ ...withLines(head, ...lines), body: 'amount=9' })).toBe('digest-mismatch');
    expect(await service.outcome(withLines(head, ...lines))).toBe('admitted');
  });

  it('knows no word for a body that is not signed', async () => {
    const service = serve();
    for (const word of ['UNSIGNED-PAYLOAD', '', '-', 'STREAMING', sha256Hex(body).toUpperCase()]) {
      const head = signParts({ digest: word });
      expect(await service.outcome({ ...head, body }), word).toBe('malformed-signature');
    }
    expect(await service.outcome({ ...signParts({ digest: sha256Hex(body) }), body })).toBe('admitted');
  });
});

describe('concatenation without delimiters that lets a body become a path', () => {
  it('refuses to read the end of one part as the beginning of the next', async () => {
    const keys = { key: KEY, key_1: KEY, key_1o: { ...KEY, scopes: ['*'] } };
    const service = serve({}, keys);
    const route = { scope: () => 'orders', children: true };
    const moved = (input: Parameters<typeof sign>[0], change: Partial<SignedHead>) =>
      service.outcome({ ...sign(input), ...change }, route);
    expect(await moved({ target: '/a', body: '/b' }, { target: '/a/b', body: '' })).toBe('invalid-signature');
    expect(await moved({ target: '/a/b', body: '' }, { target: '/a', body: '/b' })).toBe('invalid-signature');
    expect(await moved({ target: '/ab?c' }, { target: '/a?bc' })).toBe('invalid-signature');
    expect(await moved({ target: '/ab?c' }, { target: '/abc' })).toBe('invalid-signature');
    expect(await moved({ target: '/ab?c' }, { target: '/ab%3Fc' })).toBe('invalid-signature');
    expect(await moved({ method: 'PUT' }, { method: 'PU', target: '/T/v1/orders' })).toBe(
      'invalid-signature',
    );
    const inKey = sign({ keyId: 'key_1', scope: 'orders' });
    const other = withField(inKey, 'authorization', (v) =>
      v.replace('"key_1"', '"key_1o"').replace('"orders"', '"rders"'),
    );
    expect(await service.outcome(other, route)).toBe('invalid-signature');
    expect(await service.outcome(inKey, route)).toBe('admitted');
  });

  it('lets no part hold the line feed that ends it', async () => {
    const service = serve();
    const head = sign({
      headers: [
        ['x-a', '1'],
        ['x-b', '2'],
      ],
    });
    expect(() => sign({ headers: [['x-a', '1\nx-b:2']] })).toThrow();
    const joined = {
      ...head,
      headers: [['host', TEST_AUDIENCE], ['x-a', '1\nx-b:2'], ...head.headers.slice(-1)] as const,
    };
    expect(await service.outcome(joined)).toBe('malformed-request');
    expect(await service.outcome({ ...head, target: '/v1/orders\n' })).toBe('malformed-target');
    expect(await service.outcome({ ...head, method: 'GET\napi.example.com' })).toBe('malformed-request');
    expect(await service.outcome(head)).toBe('admitted');
  });
});

/** A head whose signature is right for these parts, in or out of the grammar. */
function signParts(parts: { readonly digest: string }): SignedHead {
  const nonce = crypto.randomUUID();
  const authorization = { key: 'key_1', ts: String(T), nonce, scope: '', headers: [], ...parts };
  const text = canonicalize({
    ...authorization,
    method: 'POST',
    audience: TEST_AUDIENCE,
    path: '/v1/orders',
    query: '',
  });
  const sig = hmacSha256Hex(TEST_SECRET, text);
  const value = formatAuthorization({ ...authorization, sig });
  const headers = [
    ['host', TEST_AUDIENCE],
    ['authorization', value],
  ] as const;
  return { method: 'POST', target: '/v1/orders', headers, body: '', nonce, sig };
}
