import { expect, it } from 'vitest';
import { ANY_HOST } from '../src/audience.js';
import { formatAuthorization } from '../src/authorization.js';
import { readRequest, requestPolicy } from '../src/request.js';
import { refusal } from './support/refusal.js';

const signature = (headers: string[] = []) =>
  formatAuthorization({
    key: 'k',
    ts: '1763750000000',
    nonce: '0f8fad5b-d9cb-469f-a165-70867728950e',
    scope: '',
    digest: '0'.repeat(64),
    headers,
    sig: '0'.repeat(64),
  });
const policy = requestPolicy({ audience: ['api.example.com'] });
const good: [string, string][] = [
  ['Host', 'api.example.com'],
  ['Authorization', signature()],
];
const refusalOf = (head: { method?: string; target?: string; headers?: [string, string][] }) =>
  refusal(() => readRequest({ method: 'GET', target: '/', headers: good, ...head }, policy));

it('applies the refusals in the order of the spec', () => {
  const [malformed, ambiguous] = ['/a%', '/a/..'];
  const bad = { method: 'get', headers: [['Host', 'a b']] as [string, string][] };
  const signed = (value: string): [string, string][] => [...bad.headers, ['Authorization', value]];
  expect(refusalOf({ ...bad, target: malformed })).toBe('missing-signature');
  expect(refusalOf({ ...bad, target: malformed, headers: signed('CS1-HMAC-SHA256') })).toBe(
    'malformed-signature',
  );
  expect(refusalOf({ ...bad, target: malformed, headers: signed(signature()) })).toBe('malformed-target');
  expect(refusalOf({ ...bad, target: ambiguous, headers: signed(signature()) })).toBe('ambiguous-target');
  expect(refusalOf({ ...bad, headers: signed(signature()) })).toBe('malformed-request');
  expect(
    refusalOf({
      headers: [
        ['Host', 'b.example'],
        ['Authorization', signature(['x'])],
      ],
    }),
  ).toBe('malformed-request');
  expect(
    refusalOf({
      headers: [
        ['Host', 'b.example'],
        ['Authorization', signature()],
      ],
    }),
  ).toBe('wrong-audience');
  expect(refusalOf({})).toBeUndefined();
});

it('finds CONNECT malformed before it finds the path ambiguous', () => {
  expect(refusalOf({ method: 'CONNECT', target: '/a/..' })).toBe('malformed-target');
  expect(refusalOf({ method: 'CONNECT' })).toBe('malformed-target');
});

it('refuses a field that must be signed and is not', () => {
  for (const name of ['Content-Type', 'Idempotency-Key', 'X-HTTP-Method-Override', 'x-original-URL']) {
    expect(refusalOf({ headers: [...good, [name, '']] })).toBe('malformed-request');
  }
  expect(refusalOf({ headers: [...good, ['Range', 'a']] })).toBeUndefined();
});

it('refuses what the operator added, and a bearer token beside a signature of its own', () => {
  const strict = requestPolicy({ audience: ANY_HOST, header: 'X-Signature', requireSigned: ['X-Meta'] });
  const read = (headers: [string, string][], signed: string[] = []) =>
    refusal(() =>
      readRequest(
        {
          method: 'GET',
          target: '/',
          headers: [['Host', 'h'], ['x-signature', signature(signed)], ...headers],
        },
        strict,
      ),
    );
  expect(read([])).toBeUndefined();
  expect(read([['x-meta', '1']])).toBe('malformed-request');
  expect(read([['x-meta', '1']], ['x-meta'])).toBeUndefined();
  expect(read([['Authorization', 'Bearer a']])).toBe('malformed-request');
  expect(read([['Authorization', 'Bearer a']], ['authorization'])).toBeUndefined();
});

it('reads a Fetch Headers, in which two lines of one name have become a malformed one', () => {
  const headers = new Headers(good);
  expect(refusal(() => readRequest({ method: 'GET', target: '/', headers }, policy))).toBeUndefined();
  headers.append('Authorization', signature());
  expect(refusal(() => readRequest({ method: 'GET', target: '/', headers }, policy))).toBe(
    'malformed-signature',
  );
});

it.each([
  [{ audience: 'a', header: 'a b' }, /^header: /],
  [{ audience: 'a', header: '' }, /^header: /],
  [{ audience: 'a', header: 'host' }, /^header: /],
  [{ audience: 'a', header: 'Content-Length' }, /^header: /],
  [{ audience: 'a', header: 'X-Forwarded-Signature' }, /^header: /],
  [{ audience: 'a', requireSigned: ['host'] }, /^requireSigned: /],
  [{ audience: 'a', requireSigned: ['authorization'] }, /^requireSigned: /],
  [{ audience: 'a', header: 'x-s', requireSigned: ['X-S'] }, /^requireSigned: /],
  [{ audience: 'a b' }, /^audience: /],
])('the options %j are a TypeError that names the option', (options, message) => {
  expect(() => requestPolicy(options)).toThrow(TypeError);
  expect(() => requestPolicy(options)).toThrow(message);
});
