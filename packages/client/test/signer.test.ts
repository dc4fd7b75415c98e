import { parseAuthorization, sha256Hex } from '@countersign/canonical';
import { describe, expect, test } from 'vitest';
import { CanonicalError, createSigner } from '../src/index.js';
import { authorization, base, debugged, field, fixed, url } from './signer-setup.js';

describe('sign', () => {
  test('gives the worked example of the specification', () => {
    const fields = createSigner(fixed).sign({
      method: 'POST',
      url: 'https://API.example.com:443/v1/orders/%7eeu?sort=-created&limit=20&tag=b&tag=a',
      headers: { 'Content-Type': 'application/json' },
      body: '{"amount":1299}',
      scope: 'orders:write',
    });
    expect(authorization(fields).sig).toBe(
      '0c5ad1a843d16a3bfe05271c2970ce365b03765aed72d751486e1856f2d48088',
    );
    expect(Object.keys(fields)).toEqual(['authorization']);
  });

  test('signs an absent body as the empty string', () => {
    const signer = createSigner(base);
    for (const body of [undefined, '', new Uint8Array(), new ArrayBuffer(0)]) {
      expect(authorization(signer.sign({ method: 'GET', url, body })).digest).toBe(sha256Hex(''));
    }
  });

  test('signs text, bytes, a view into a larger buffer and an ArrayBuffer alike', () => {
    const signer = createSigner(fixed);
    const bytes = new TextEncoder().encode('grüße');
    const larger = Uint8Array.from([1, 2, ...bytes, 3]);
    const signed = [
      'grüße',
      bytes,
      larger.subarray(2, 2 + bytes.length),
      bytes.buffer,
      Buffer.from(bytes),
    ].map((body) => signer.sign({ method: 'POST', url, body }));
    expect(new Set(signed.map((fields) => field(fields, 'authorization'))).size).toBe(1);
    expect(signer.sign({ method: 'POST', url, digest: sha256Hex(bytes) })).toEqual(signed[0]);
  });

  test('takes fields as an object, as pairs, as a Map and as Headers', () => {
    const signer = createSigner({ ...fixed, signHeaders: ['X-Tenant'] });
    const object = { 'Content-Type': 'text/plain', 'x-tenant': ' a\t', accept: '*/*' };
    const signed = [object, Object.entries(object), new Map(Object.entries(object)), new Headers(object)].map(
      (headers) => signer.sign({ method: 'POST', url, headers }),
    );
    expect(new Set(signed.map((fields) => field(fields, 'authorization'))).size).toBe(1);
    expect(authorization(signed[0] ?? {}).headers).toEqual(['content-type', 'x-tenant']);
  });

  test('signs authorization when the signature is elsewhere', () => {
    const fields = createSigner({ ...base, header: 'X-Signature' }).sign({
      method: 'GET',
      url,
      headers: { Authorization: 'Bearer abc' },
    });
    expect(Object.keys(fields)).toEqual(['x-signature']);
    expect(parseAuthorization(field(fields, 'x-signature'), 'x-signature').headers).toEqual([
      'authorization',
    ]);
  });

  test('replaces an earlier signature and refuses to replace a bearer token', () => {
    const signer = createSigner(base);
    const earlier = signer.sign({ method: 'GET', url });
    expect(authorization(signer.sign({ method: 'GET', url, headers: earlier })).headers).toEqual([]);
    expect(() => signer.sign({ method: 'GET', url, headers: { authorization: 'Bearer abc' } })).toThrow(
      new TypeError('headers: authorization is taken; carry the signature elsewhere (option header)'),
    );
  });

  test('takes the audience from the request, then the signer, then the target, then the URL', () => {
    const audience = (
      options: { audience?: string },
      input: { target?: string; audience?: string },
    ): string => {
      const fields = createSigner({ ...base, ...options, debug: true }).sign({
        method: 'GET',
        url,
        ...input,
      });
      return debugged(fields).audience;
    };
    const target = 'http://Proxy.example:8080/x';
    expect(audience({ audience: 'B.example' }, { target, audience: 'A.example' })).toBe('a.example');
    expect(audience({ audience: 'B.example' }, { target })).toBe('b.example');
    expect(audience({}, { target })).toBe('proxy.example:8080');
    expect(audience({}, { target: '/x' })).toBe('api.example.com');
  });

  test('gives a fresh nonce and the present time each time', () => {
    const signer = createSigner(base);
    const [first, second] = [signer.sign({ method: 'GET', url }), signer.sign({ method: 'GET', url })].map(
      authorization,
    );
    expect(first?.nonce).not.toBe(second?.nonce);
    expect(Math.abs(Number(first?.ts) - Date.now())).toBeLessThan(5000);
  });

  const METHODS = 'cannot be signed: expected upper-case letters and hyphens, and not CONNECT';
  test.each([
    ['CONNECT', { method: 'CONNECT', url }, `method: "CONNECT" ${METHODS}`],
    ['a lower-case method', { method: 'post', url }, `method: "post" ${METHODS}`],
    ['no URL and no target', { method: 'GET' }, 'url: needed, or a target'],
    [
      'a target without an authority',
      { method: 'GET', target: '/' },
      'audience: undefined is not a host with an optional port',
    ],
    [
      'a URL without a host',
      { method: 'GET', url: 'data:/a' },
      'url: "" is not a host with an optional port',
    ],
    [
      'a wrong scope',
      { method: 'GET', url, scope: 'a::b' },
      'scope: "a::b" is not a scope: up to 8 segments of A-Z a-z 0-9 . _ ~ - joined by ":", 128 bytes in all',
    ],
    [
      'a wrong audience',
      { method: 'GET', url, audience: 'a/b' },
      'audience: "a/b" is not a host with an optional port',
    ],
    ['a wrong digest', { method: 'GET', url, digest: 'AB' }, 'digest: expected 64 lower-case hex digits'],
  ])('throws a TypeError that names %s', (_, input, message) => {
    expect(() => createSigner(base).sign(input)).toThrow(new TypeError(message));
  });

  test('throws a TypeError for a body that is neither text nor bytes', () => {
    const body = new ReadableStream() as unknown as string;
    expect(() => createSigner(base).sign({ method: 'POST', url, body })).toThrow(/^body: expected text/);
  });

  test.each([
    ['a malformed target', { target: '/%zz' }, 'malformed-target'],
    ['an ambiguous target', { url: 'https://api.example.com/a%2F..%2Fb' }, 'ambiguous-target'],
    [
      'a repeated signed field',
      {
        headers: [
          ['range', 'a'],
          ['Range', 'b'],
        ] as const,
      },
      'malformed-request',
    ],
    ['a signed field that is not ASCII', { headers: { 'content-type': 'é' } }, 'malformed-request'],
  ])('throws the CanonicalError for %s', (_, input, code) => {
    const sign = () => createSigner(base).sign({ method: 'GET', url, ...input });
    expect(sign).toThrow(CanonicalError);
    expect(sign).toThrow(expect.objectContaining({ code }));
  });

  test('refuses more fields, or longer names of fields, than a signature can carry', () => {
    const many = Array.from({ length: 17 }, (_, i) => `x-${i}`);
    const headers = Object.fromEntries(many.map((name) => [name, '1']));
    expect(() => createSigner({ ...base, signHeaders: many }).sign({ method: 'GET', url, headers })).toThrow(
      /^headers: too many/,
    );
    const long = `x-${'a'.repeat(2048)}`;
    expect(() =>
      createSigner({ ...base, signHeaders: [long] }).sign({ method: 'GET', url, headers: { [long]: '' } }),
    ).toThrow(/^headers: too many/);
  });

  test('refuses a clock and a nonce outside the grammar', () => {
    const nowIs = (now: number) => () =>
      createSigner({ ...base, now: () => now }).sign({ method: 'GET', url });
    for (const now of [Number.NaN, 0, 999_999_999_999, 1e13, Number.POSITIVE_INFINITY]) {
      expect(nowIs(now)).toThrow(/^now: .* is not a Unix time in milliseconds/);
    }
    expect(nowIs(1763750000000.9)).not.toThrow();
    expect(() => createSigner({ ...base, nonce: () => 'A' }).sign({ method: 'GET', url })).toThrow(
      /^nonce: "A"/,
    );
  });
});

describe('createSigner', () => {
  test.each<[string, unknown]>([
    ['options', undefined],
    ['options', null],
    ['keyId', { keyId: 'a b' }],
    // As from an environment variable that is not set.
    ['keyId', { keyId: undefined }],
    ['keyId', { keyId: null }],
    ['keyId', { keyId: 7 }],
    ['keyId', { keyId: ['k'] }],
    ['secret', { secret: 'cs1s_short' }],
    ['secret', { secret: new Uint8Array(31) }],
    ['scope', { scope: ':' }],
    ['scope', { scope: null }],
    ['scope', { scope: ['orders'] }],
    ['audience', { audience: 'https://x' }],
    ['audience', { audience: null }],
    ['audience', { audience: ['api.example.com'] }],
    ['header', { header: 'a b' }],
    ['header', { header: 'host' }],
    ['signHeaders', { signHeaders: ['host'] }],
    ['signHeaders', { signHeaders: ['X-Forwarded-For'] }],
    ['signHeaders', { header: 'x-sig', signHeaders: ['x-sig'] }],
    ['signHeaders', { signHeaders: 'x-foo' }],
    ['signHeaders', { signHeaders: [7] }],
    ['now', { now: 5 }],
    ['nonce', { nonce: 'x' }],
    ['debug', { debug: 'yes' }],
  ])('throws a TypeError that names %s (%j)', (option, wrong) => {
    const options = typeof wrong === 'object' && wrong !== null ? { ...base, ...wrong } : wrong;
    const create = () => Reflect.apply(createSigner, undefined, [options]);
    expect(create).toThrow(TypeError);
    expect(create).toThrow(new RegExp(`^${option}: `));
  });

  test.each([43, 86])(
    'takes no secret for a key id, which goes over the wire, and does not quote it (%i)',
    (length) => {
      const keyId = `cs1s_${'A'.repeat(length)}`;
      expect(() => createSigner({ ...base, keyId })).toThrow('keyId: a secret is not a key id');
      expect(() => createSigner({ ...base, keyId })).toThrow(expect.not.stringContaining('AAA'));
    },
  );

  test('never quotes the secret', () => {
    const secret = 'cs1s_not+canonical+but+secret+all+the+same';
    expect(() => createSigner({ ...base, secret })).toThrow(expect.not.stringContaining('canonical+but'));
    expect(JSON.stringify(createSigner(base))).not.toContain('AAECAw');
  });
});
