import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalize } from '../src/canonical-string.js';
import { explainDifference } from '../src/explain.js';

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
