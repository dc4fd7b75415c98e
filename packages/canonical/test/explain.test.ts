import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256Hex } from '#hash';
import { canonicalize } from '../src/canonical-string.js';
import { explainDifference, fixFor } from '../src/explain.js';

const parts = {
  method: 'POST',
  audience: 'api.example.com',
  path: '/v1/orders/7',
  query: 'a=1',
  digest: '0'.repeat(64),
  ts: '1763750000000',
  nonce: '0f8fad5b-d9cb-469f-a165-70867728950e',
  key: 'key_live_1',
  scope: 'orders',
  headers: [
    ['content-type', 'text/plain'],
    ['x-a', '1'],
  ],
} as const;
const explain = (client: object, server: object) =>
  explainDifference(canonicalize({ ...parts, ...client }), canonicalize({ ...parts, ...server }));

it('says nothing about equal texts', () => {
  expect(explain({}, {})).toBeUndefined();
});

it.each([
  [2, 'method', { method: 'PUT' }, /the method was changed/],
  [3, 'audience', { audience: 'b.example' }, /another host or port.*`audience`/],
  [5, 'query', { query: 'a=2' }, /the query was changed/],
  [6, 'digest', { digest: '1'.repeat(64) }, /different bodies/],
  [7, 'ts', { ts: '1763750000001' }, /different signatures/],
  [8, 'nonce', { nonce: parts.nonce.replace('0', '1') }, /different signatures/],
  [9, 'key', { key: 'key_live_2' }, /different keys/],
  [10, 'scope', { scope: 'orders:write' }, /different scopes/],
  [
    11,
    'header content-type',
    { headers: [['content-type', 'text/html']] },
    /value of the field content-type/,
  ],
  [11, 'header x-a', { headers: [['x-a', '1']] }, /sign different header fields/],
  [12, 'header x-a', { headers: parts.headers.slice(0, 1) }, /sign different header fields/],
])('names line %i, %s', (line, part, server, cause) => {
  const difference = explain({}, server);
  expect(difference).toMatchObject({ line, part });
  expect(difference?.cause).toMatch(cause);
});

it('names the line that one side does not have', () => {
  const shorter = explain({ headers: [] }, {});
  expect(shorter).toMatchObject({ line: 11, part: 'header content-type', server: 'content-type:text/plain' });
  expect(shorter).not.toHaveProperty('client');
});

it.each([
  ['/v1/orders', '/orders', 'the path lost its prefix /v1 on the way'],
  ['/orders', '/v1/orders', 'the path gained the prefix /v1 on the way'],
  ['/orders/', '/orders', 'a trailing slash was added or removed on the way'],
  ['/orders', '/orders/', 'a trailing slash was added or removed on the way'],
  ['/Orders', '/orders', 'the case of the path was changed on the way'],
  ['/a%2Fb', '/a/b', 'the path was decoded or encoded again on the way'],
  ['/a%2Fb', '/a%252Fb', 'the path was decoded or encoded again on the way'],
  ['/orders', '/invoices', 'the path was rewritten on the way'],
])('of the paths %s and %s it says: %s', (client, server, cause) => {
  expect(explain({ path: client }, { path: server })).toEqual({
    line: 4,
    part: 'path',
    client,
    server,
    cause,
  });
});

it('finds the first line that differs in any two texts', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', ':', '\n', '/', '%41'), maxLength: 30 });
  fc.assert(
    fc.property(texts, texts, (client, server) => {
      const difference = explainDifference(client, server);
      expect(difference === undefined).toBe(client === server);
      if (difference === undefined) return;
      const [ours, theirs] = [client.split('\n'), server.split('\n')];
      expect(ours.slice(0, difference.line - 1)).toEqual(theirs.slice(0, difference.line - 1));
      expect([difference.client, difference.server]).toEqual([
        ours[difference.line - 1],
        theirs[difference.line - 1],
      ]);
      expect(difference.client).not.toBe(difference.server);
    }),
    { numRuns: 2000 },
  );
});

/** Line by line: what a client wrote, what the server has, the cause and the fix that are told. */
const FINDINGS: readonly (readonly [
  line: number,
  client: string,
  server: string,
  cause: RegExp,
  fix: RegExp,
])[] = [
  [1, 'CS1-HMAC-SHA512', 'CS1-HMAC-SHA256', /not a canonical string/, /line CS1-HMAC-SHA256/],
  [2, 'post', 'POST', /method/, /in upper case/],
  [2, 'HEAD', 'GET', /method was changed/, /middleware/],
  [3, 'API.example.com:443', 'api.example.com', /client's audience is not in canonical form/, /without :80/],
  [
    3,
    'api.example.com',
    '10.0.0.7:8080',
    /another host or port/,
    /audience: 'api\.example\.com' \(Host is then/,
  ],
  [3, 'api.example.com', '10.0.0.7:8080', /another host or port/, /signer audience: '10\.0\.0\.7:8080'/],
  [4, '/v1/orders', '/orders', /lost its prefix \/v1/, /prefix: '\/v1'/],
  [4, '/orders', '/v1/orders', /gained the prefix \/v1/, /address \/v1\/orders/],
  [4, '/a%2fb', '/a%2Fb', /client's path is not in canonical form/, /spec 2\.2\.4/],
  [4, '/a b', '/a%20b', /rewritten|decoded or encoded/, /raw target/],
  [4, '/%7Eeu', '/~eu', /client's path is not in canonical form/, /spec 2\.2\.4/],
  [4, '/~eu', '/%7Eeu', /server's path is not in canonical form/, /spec 2\.2\.4/],
  [5, 'b=1&a=2', 'a=2&b=1', /client's query is not in canonical form/, /sort by root name, stably/],
  [5, 'a=1&a=2', 'a=2&a=1', /parameters of one name stand in another order/, /pass the path and query on/],
  [5, 'a=b+c', 'a=b%20c', /encoded again/, /raw target/],
  [5, 'a=1', '', /it was lost/, /raw target/],
  [5, 'a=1', 'a=1&utm=2', /utm=2 was added/, /raw target/],
  [5, 'a=1&b=2', 'a=1', /b=2 was removed/, /raw target/],
  [5, 'a=1', 'a=2', /added, removed or rewritten/, /raw target/],
  [6, 'a'.repeat(64), sha256Hex(''), /server's digest is that of no body/, /before every body parser/],
  [6, sha256Hex(''), 'a'.repeat(64), /client's digest is that of no body/, /give the signer body/],
  [6, 'A'.repeat(64), 'a'.repeat(64), /upper case/, /lower-case hex/],
  [6, 'b'.repeat(64), 'a'.repeat(64), /different bodies/, /the very text that is sent/],
  [7, '1763750000', '1763750000000', /in seconds/, /13 digits/],
  [8, 'ABC', 'abc', /nonce in upper case/, /lower case/],
  [8, 'abc', 'abd', /different signatures/, /one and the same request/],
  [9, 'a', 'b', /different keys/, /keyId/],
  [10, 'a', 'b', /different scopes/, /option scope/],
  [11, 'content-type:text/plain\r', 'content-type:text/plain', /end in CR LF/, /LF \(0x0A\) alone/],
  [
    11,
    'content-type: text/plain',
    'content-type:text/plain',
    /client's line has more white/,
    /no white space/,
  ],
  [
    11,
    'content-type:text/plain',
    'content-type:text/plain ',
    /server's line has more white/,
    /no white space/,
  ],
  [11, 'Content-Type:text/plain', 'content-type:text/plain', /spell the field content-type/, /lower case/],
  [11, 'content-type:text/html', 'content-type:text/plain', /value of the field/, /whenever it is present/],
  [12, 'x-a:1', 'x-a:2', /value of the field x-a/, /out of the signer's signHeaders/],
  [12, 'x-0:1', 'x-a:1', /the client has x-0, the server has not/, /signHeaders/],
  [12, 'x-b:1', 'x-a:1', /the server has x-a, the client has not/, /signHeaders/],
];

it.each(FINDINGS)('line %i, %j against %j: the cause and the fix', (line, client, server, cause, fix) => {
  const base = canonicalize(parts).split('\n');
  const [ours, theirs] = [[...base], [...base]];
  ours[line - 1] = client;
  theirs[line - 1] = server;
  const difference = explainDifference(ours.join('\n'), theirs.join('\n'));
  expect(difference).toMatchObject({ line, client, server });
  expect(difference?.cause).toMatch(cause);
  expect(difference && fixFor(difference)).toMatch(fix);
});

it('tells a line feed that one side appends from a field that it signs', () => {
  const text = canonicalize(parts);
  for (const [client, server, side] of [
    [`${text}\n`, text, 'client'],
    [text, `${text}\n`, 'server'],
  ] as const) {
    const difference = explainDifference(client, server);
    expect(difference?.cause).toBe(`the ${side} has an empty line after the last: a line feed was appended`);
    expect(difference && fixFor(difference)).toMatch(/append nothing/);
  }
});

it('tells an empty scope without its line', () => {
  const text = canonicalize({ ...parts, scope: '', headers: [] });
  const difference = explainDifference(text.slice(0, -1), text);
  expect(difference).toMatchObject({ line: 10, part: 'scope', server: '' });
  expect(difference?.cause).toBe("the client's text has fewer than ten lines");
  expect(difference && fixFor(difference)).toMatch(/ends in LF/);
});

it('looks no closer at lines that are too long to be respelled for a stranger', () => {
  const long = '/a'.repeat(10_000);
  expect(explain({ path: `/v1${long}` }, { path: long })?.cause).toBe('the path was rewritten on the way');
  expect(explain({ query: `a=${long}&b` }, { query: `a=${long}` })?.cause).toMatch(
    /added, removed or rewritten/,
  );
  const shorter = '/a'.repeat(4_000);
  expect(explain({ path: `/v1${shorter}` }, { path: shorter })?.cause).toMatch(/lost its prefix/);
});
