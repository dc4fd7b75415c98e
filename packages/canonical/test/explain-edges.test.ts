import { expect, it } from 'vitest';
import { canonicalize } from '../src/canonical-string.js';
import { explainDifference, fixFor } from '../src/explain.js';

const parts = {
  ...{
    method: 'POST',
    audience: 'api.example.com',
    path: '/v1/orders',
    query: 'a=1',
    digest: '0'.repeat(64),
  },
  ...{ ts: '1763750000000', nonce: '0f8fad5b-d9cb-469f-a165-70867728950e', key: 'k', scope: 'orders' },
  headers: [['content-type', 'text/plain']],
} as const;
const base = canonicalize(parts).split('\n');
const explain = (client: readonly string[], server: readonly string[]) => {
  const difference = explainDifference(client.join('\n'), server.join('\n'));
  return difference && { ...difference, fix: fixFor(difference) };
};
const between = (line: number, client: string, server: string) =>
  explain(base.with(line - 1, client), base.with(line - 1, server));

it.each<[number, string, string, string]>([
  [2, 'POST ', 'POST', "the client's line has more white space"],
  [2, 'POST', ' POST', "the server's line has more white space"],
  [10, 'orders', 'orders\r', 'the lines of one text end in CR LF'],
  [11, 'content-type :text/plain', 'content-type:text/plain', "the client's line has more white space"],
  [11, 'content-type:text/plain', ' content-type: text/plain', "the server's line has more white space"],
  [11, ': a', ':a', "the client's line has more white space"],
  [4, '/a?b', '/a%3Fb', "the client's path is not in canonical form"],
  [4, '/v1', '', 'the path was rewritten on the way'],
  [4, '', '/v1', 'the path was rewritten on the way'],
  [
    5,
    'a=2&a=1',
    'a=1&a=2',
    'the query was changed on the way: parameters of one name stand in another order',
  ],
  [5, 'a=1&a=1', 'a=1', 'the query was changed on the way: a parameter was added, removed or rewritten'],
  [5, 'a=1&b=2', 'a=1&c=3', 'the query was changed on the way: a parameter was added, removed or rewritten'],
])('line %i, %j against %j: %s', (line, client, server, cause) => {
  expect(between(line, client, server)).toMatchObject({ line, client, server, cause });
});

it('says whose text has fewer than ten lines', () => {
  const cut = base.slice(0, 9);
  const ten = base.slice(0, 10);
  for (const [client, server, side] of [
    [cut, ten, 'client'],
    [ten, cut, 'server'],
  ] as const) {
    const difference = explain(client, server);
    expect(difference?.cause).toBe(`the ${side}'s text has fewer than ten lines`);
    expect(difference).not.toHaveProperty(side);
  }
});

it('says which side signs a field that the other has not', () => {
  const ten = base.slice(0, 10);
  for (const [client, server, has, lacks] of [
    [base, ten, 'client', 'server'],
    [ten, base, 'server', 'client'],
  ] as const) {
    const difference = explain(client, server);
    expect(difference).toMatchObject({
      ...{ line: 11, part: 'header content-type' },
      cause: `the two sides sign different header fields: the ${has} has content-type, the ${lacks} has not`,
      fix: 'write one line for each name in the parameter headers, ascending; content-type is signed whenever it is present',
    });
    expect(difference).not.toHaveProperty(lacks);
  }
});

it('takes a line too many for a field that one side signs, also where it has no name', () => {
  for (const [client, server] of [
    [[...base, 'nameless'], base],
    [base, [...base, 'nameless']],
  ] as const) {
    expect(explain(client, server)?.cause).toMatch(/^the two sides sign different header fields/);
  }
});

it('looks closer at lines of 16,384 characters together, and at none that are longer', () => {
  for (const [line, text, closer] of [
    [4, (length: number) => `/${'a'.repeat(length - 1)}`, /lost its prefix/],
    [5, (length: number) => `a=${'a'.repeat(length - 2)}`, /was removed/],
  ] as const) {
    const server = text(8000);
    const longer = (length: number) =>
      line === 4 ? `/${'b'.repeat(length - 8001)}${server}` : `${server}&${'b'.repeat(length - 8001)}`;
    expect(between(line, longer(8384), server)?.cause).toMatch(closer);
    expect(between(line, longer(8385), server)?.cause).toMatch(/rewritten/);
  }
});
