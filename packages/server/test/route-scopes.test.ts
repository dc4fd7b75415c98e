import { canonicalTarget, isScope } from '@countersign/canonical';
import fc from 'fast-check';
import { beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { type PathParams, routeScopes } from '../src/route-scopes.js';
import { type SignedRequest, signedRequest } from '../src/signed-request.js';

function signed(line: string): SignedRequest {
  const [method = '', target = ''] = line.split(' ');
  return signedRequest({
    method,
    ...canonicalTarget(target),
    audience: 'api.example.com',
    digest: '0'.repeat(64),
    ts: '1763750000000',
    nonce: '0f8fad5b-d9cb-469f-a165-70867728950e',
    key: 'key_live_1',
    scope: '',
    headers: [],
  });
}

describe('what a table knows', () => {
  let scopeOf: (signed: SignedRequest) => string | undefined;
  beforeAll(() => {
    scopeOf = routeScopes({
      'GET /v1/orders': 'orders:read',
      'POST /v1/orders': 'orders:write',
      'GET /v1/orders/:id': 'orders:read:one',
      'GET /v1/tenants/:tenant/orders': (_, params) => `orders:read:${params.tenant}`,
      'DELETE /v1/files/*path': 'files:delete',
      'POST /v1/orders/:id\\:cancel': 'orders:cancel',
      'GET /': 'root',
      'GET /trailing/': 'trailing',
      'HEAD /v1/heads': 'heads:head',
      'GET /v1/heads': 'heads:get',
    });
  });

  test.each([
    ['GET /v1/orders', 'orders:read'],
    ['GET /v1/orders?tenant=7', 'orders:read'],
    ['POST /v1/orders', 'orders:write'],
    ['GET /v1/orders/17', 'orders:read:one'],
    ['GET /%761/or%64ers/%31', 'orders:read:one'],
    ['GET /v1/tenants/t-42/orders', 'orders:read:t-42'],
    ['DELETE /v1/files/a', 'files:delete'],
    ['DELETE /v1/files/a/b//c/', 'files:delete'],
    ['POST /v1/orders/17:cancel', 'orders:cancel'],
    ['GET /', 'root'],
    ['GET /trailing/', 'trailing'],
    ['HEAD /v1/orders', 'orders:read'],
    ['HEAD /v1/heads', 'heads:head'],
    ['GET /v1/heads', 'heads:get'],
  ])('%s has the scope %s', (line, scope) => {
    expect(scopeOf(signed(line))).toBe(scope);
  });

  test.each([
    'GET /v1/orders/',
    'GET /v1/Orders',
    'GET /V1/orders',
    'GET //v1/orders',
    'GET /v1//orders',
    'GET /v1/orders%2F17',
    'GET /v1/orders/17/',
    'GET /v1/orders/17/lines',
    'GET /v1/orders;a=b',
    'GET /v1/tenants//orders',
    'GET /trailing',
    'PUT /v1/orders',
    'OPTIONS /v1/orders',
    'HEAD /v1/files/a',
    'DELETE /v1/files/',
    'DELETE /v1/files',
    'POST /v1/orders/:cancel',
    'GET /v1/__proto__',
    'CONSTRUCTOR /v1/orders',
  ])('an endpoint that nobody decorated: %s is not known and has no scope', (line) => {
    expect(scopeOf(signed(line))).toBeUndefined();
  });

  test('an entry that refuses HEAD is listed, and GET does not stand in for it', () => {
    const scopeOf = routeScopes({ 'HEAD /a': () => undefined, 'GET /a': 'a' });
    expect(scopeOf(signed('HEAD /a'))).toBeUndefined();
    expect(scopeOf(signed('GET /a'))).toBe('a');
  });

  test('the first entry that matches counts', () => {
    const scopeOf = routeScopes({ 'GET /a/me': 'me', 'GET /a/:id': 'other', 'GET /*rest': 'rest' });
    expect(['/a/me', '/a/x', '/b'].map((path) => scopeOf(signed(`GET ${path}`)))).toEqual([
      'me',
      'other',
      'rest',
    ]);
  });

  test('an empty table knows nothing', () => {
    expect(routeScopes({})(signed('GET /'))).toBeUndefined();
  });

  test('a table from elsewhere may have `__proto__` in it, and what it inherits does not count', () => {
    expect(() => routeScopes(JSON.parse('{"__proto__":"a"}'))).toThrow('routes["__proto__"]');
    expect(routeScopes(Object.create({ 'GET /a': 'a' }))(signed('GET /a'))).toBeUndefined();
  });
});

describe('parameters', () => {
  const seen = (pattern: string, target: string): Readonly<Record<string, string>> | undefined => {
    let seen: Readonly<Record<string, string>> | undefined;
    const table: Record<
      string,
      (signed: SignedRequest, params: Readonly<Record<string, string>>) => undefined
    > = {
      [`GET ${pattern}`]: (_, params) => {
        seen = params;
      },
    };
    routeScopes(table)(signed(`GET ${target}`));
    return seen;
  };

  test('stand as they are in the canonical path', () => {
    expect(seen('/t/:x/o', '/t/a%2Fb/o')).toEqual({ x: 'a%2Fb' });
    expect(seen('/t/:x/o', '/t/%7e%c3%a4%2f/o')).toEqual({ x: '~%C3%A4%2F' });
    expect(seen('/t/:x/o', '/t/a+b;c=d/o')).toEqual({ x: 'a+b;c=d' });
    expect(seen('/t/*x', '/t/a/b%2Fc/')).toEqual({ x: 'a/b%2Fc/' });
    expect(seen('/t/:x.:y', '/t/a.b.c')).toEqual({ x: 'a', y: 'b.c' });
  });

  test('may have names that objects have', () => {
    const params = seen('/:__proto__/:constructor', '/a/b');
    expect(Object.entries(params ?? {})).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    expect(seen('/:x', '/a')).not.toHaveProperty('toString');
  });

  test('a client that invents child scopes: no parameter adds a segment to a scope made of it', () => {
    const scopeOf = routeScopes({ 'GET /t/:tenant': (_, { tenant }) => `orders:${tenant}` });
    const piece = fc.string({
      unit: fc.constantFrom('a', 'B', '9', ':', '%3A', '%3a', '%2F', '-', '.', '~', '_', '+', ';', '%20'),
    });
    fc.assert(
      fc.property(piece, (tenant) => {
        fc.pre(tenant !== '' && !/^\.\.?(;|%2F|$)|%2F\.\.?(;|%2F|$)/.test(tenant));
        const scope = scopeOf(signed(`GET /t/${tenant}`));
        if (scope !== undefined && isScope(scope)) expect(scope.split(':')).toEqual(['orders', tenant]);
        else expect(tenant).toMatch(/[^A-Za-z0-9._~-]/);
      }),
      { numRuns: 2_000 },
    );
  });

  test('have types with the names of the path', () => {
    expectTypeOf<keyof PathParams<'GET /v1/orders'>>().toEqualTypeOf<never>();
    expectTypeOf<PathParams<'GET /t/:a/o/:b2_$'>>().toEqualTypeOf<{
      readonly a: string;
      readonly b2_$: string;
    }>();
    expectTypeOf<PathParams<'GET /t/:a.:b/*rest'>>().toEqualTypeOf<{
      readonly a: string;
      readonly b: string;
      readonly rest: string;
    }>();
    expectTypeOf<PathParams<'POST /o/:id\\:cancel'>>().toEqualTypeOf<{ readonly id: string }>();
    expectTypeOf<PathParams<string>>().toEqualTypeOf<Readonly<Record<string, string>>>();
    routeScopes({
      'GET /t/:tenant': (signed, params) => {
        expectTypeOf(signed).toEqualTypeOf<SignedRequest>();
        expectTypeOf(params).toEqualTypeOf<{ readonly tenant: string }>();
        // @ts-expect-error a name that the path does not have
        return params.tenat;
      },
    });
  });
});

describe('a malformed entry', () => {
  test.each<[string, unknown, string]>([
    ['', 'a', 'expected an upper-case method'],
    ['/v1/orders', 'a', 'expected an upper-case method'],
    ['GET', 'a', 'expected an upper-case method'],
    ['GET v1/orders', 'a', 'expected an upper-case method'],
    ['get /v1/orders', 'a', 'expected an upper-case method'],
    ['* /v1/orders', 'a', 'expected an upper-case method'],
    ['GET  /v1/orders', 'a', 'expected an upper-case method'],
    [' GET /v1/orders', 'a', 'expected an upper-case method'],
    ['GET,POST /v1/orders', 'a', 'expected an upper-case method'],
    ['GET https://example.com/', 'a', 'expected an upper-case method'],
    ['GET /a b', 'a', 'space'],
    ['GET /a\nb', 'a', 'expected an upper-case method'],
    ['GET /a?b=c', 'a', 'Unexpected ?'],
    ['GET /a\\?b=c', 'a', 'not canonical'],
    ['GET /a#b', 'a', '#'],
    ['GET /ä', 'a', 'non-ASCII'],
    ['GET /a%2fb', 'a', '/a%2fb would be /a%2Fb'],
    ['GET /%7Ea', 'a', 'would be /~a'],
    ['GET /a%zz', 'a', 'hex digits'],
    ['GET /a/../b', 'a', 'dot segment'],
    ['GET /(.*)', 'a', 'Unexpected ('],
    ['GET /:', 'a', 'Missing parameter name'],
    ['GET /:a:b', 'a', 'Missing text before'],
    ['GET /:"a b"', 'a', 'a name is letters'],
    ['GET /:ä', 'a', 'a name is letters'],
    ['GET /:a/:a', 'a', 'two parameters have one name'],
    ['GET /a{/:b}', 'a', 'write two entries'],
    ['GET /a', '', 'expected a scope'],
    ['GET /a', 'orders:*', 'expected a scope'],
    ['GET /a', 'a scope', 'expected a scope'],
    ['GET /a', undefined, 'expected a scope'],
    ['GET /a', ['a'], 'expected a scope'],
  ])('%j with %j is refused by its name', (entry, scope, message) => {
    const make = (): unknown => Reflect.apply(routeScopes, undefined, [{ [entry]: scope }]);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(`routes[${JSON.stringify(entry)}]: `);
    expect(make).not.toThrow(/routes\[.*routes\[/);
    expect(make).toThrow(message);
  });
});

describe('an entry that can never be reached', () => {
  test.each([
    ['/a/:x', '/a/:y'],
    ['/a/:x', '/a/b'],
    ['/a/:x', '/a/:y.json'],
    ['/*x', '/'.concat('a')],
    ['/*x', '/:y'],
    ['/*x', '/a/*y'],
    ['/a/*x', '/a/:y/:z'],
    ['/a/*x/c', '/a/b/c'],
    ['/:x-:y', '/:u-:v'],
    ['/:x-:y', '/a-b'],
  ])('behind %s: %s is refused by its name', (first, second) => {
    const table = { [`GET ${first}`]: 'a', [`GET ${second}`]: 'b' };
    expect(() => routeScopes(table)).toThrow(TypeError);
    expect(() => routeScopes(table)).toThrow(
      `routes[${JSON.stringify(`GET ${second}`)}]: can never be reached behind ${JSON.stringify(`GET ${first}`)}`,
    );
    // The other way round it can, unless both are the same.
    expect(() => routeScopes({ [`POST ${first}`]: 'a', [`GET ${second}`]: 'b' })).not.toThrow();
  });

  test.each([
    ['/a/b', '/a/:x'],
    ['/a/:x', '/a/*y'],
    ['/a/:x/:y', '/a/*z'],
    ['/a/:x/*y', '/a/*z'],
    ['/:x-:y', '/:z'],
    ['/:x.json', '/:y'],
    ['/a', '/a/'],
    ['/a/:x', '/A/:x'],
    ['/a/:x/b', '/a/c/:y'],
    ['/*x/c', '/*y'],
  ])('behind %s: %s can be reached', (first, second) => {
    expect(() => routeScopes({ [`GET ${first}`]: 'a', [`GET ${second}`]: 'b' })).not.toThrow();
  });

  test('no table that was taken has an entry that no path reaches, and the first that matches alone answers', () => {
    const segment = fc.constantFrom('a', 'b', ':p', ':p-x', 'a-:p', ':p.:q');
    const last = fc.constantFrom('', '/', '/*r', '/*r/a');
    const pattern = fc
      .tuple(fc.array(segment, { minLength: 1, maxLength: 2 }), last)
      .map(([segments, end]) => {
        // Each parameter a name of its own.
        let n = 0;
        return `/${segments.join('/')}${end}`.replace(/[:*][pqr]/g, (mark) => `${mark}${n++}`);
      });
    // Now and then a second entry that the first may hide wholly.
    const pair = fc.oneof(
      { weight: 3, arbitrary: fc.tuple(pattern, pattern) },
      { weight: 1, arbitrary: pattern.map((first) => [first, first.replace(/:p\d/, 'a')] as const) },
    );
    const texts = ['a', 'b', 'c', 'b-x', 'a-b', 'c.d', 'a-c.d', 'z-x'];
    const paths = [1, 2, 3, 4]
      .flatMap((length) => combine(texts, length))
      .flatMap((path) => [path, `${path}/`]);
    const requests = paths.map((path) => signed(`GET ${path}`));
    let refused = 0;
    let taken = 0;
    fc.assert(
      fc.property(pair, ([first, second]) => {
        fc.pre(first !== second);
        const [isFirst, isSecond] = [first, second].map((pattern) =>
          routeScopes({ [`GET ${pattern}`]: 'x' }),
        );
        const answers = requests.map((request) => {
          if (isFirst?.(request) !== undefined) return 'first';
          return isSecond?.(request) === undefined ? undefined : 'second';
        });
        const table = { [`GET ${first}`]: 'first', [`GET ${second}`]: 'second' };
        if (answers.includes('second')) {
          taken++;
          expect(requests.map(routeScopes(table))).toEqual(answers);
        } else {
          refused++;
          expect(() => routeScopes(table)).toThrow(/can never be reached/);
        }
      }),
      { numRuns: 300 },
    );
    expect([refused / taken > 0.02, taken / refused > 0.5]).toEqual([true, true]);
  });
});

function combine(texts: readonly string[], length: number): string[] {
  if (length === 0) return [''];
  return combine(texts, length - 1).flatMap((path) => texts.map((text) => `${path}/${text}`));
}
