/** What refusals and mistakes say: people find their fault by these words, so each must name the part that is wrong. */
import { expect, it } from 'vitest';
import { ANY_HOST, audiencePolicy, requestAudience } from '../src/audience.js';
import { requireAuthority } from '../src/authority.js';
import { type AuthorizationFields, formatAuthorization, parseAuthorization } from '../src/authorization.js';
import { canonicalize, parseCanonical, type RequestParts } from '../src/canonical-string.js';
import { formatDebug } from '../src/debug-field.js';
import { CanonicalError, type RequestRefusal } from '../src/errors.js';
import { collectFields, signedValue } from '../src/fields.js';
import { canonicalPath, refuseDotSegments } from '../src/path.js';
import { canonicalQuery } from '../src/query.js';
import { type RequestHead, readRequest, requestPolicy } from '../src/request.js';
import { requireKeyId, secretBytes } from '../src/secret.js';
import { canonicalTarget } from '../src/target.js';

const FIELDS: AuthorizationFields = {
  key: 'k',
  ts: '1763750000000',
  nonce: '0f8fad5b-d9cb-469f-a165-70867728950e',
  scope: '',
  digest: '0'.repeat(64),
  headers: [],
  sig: '1'.repeat(64),
};
const PARTS: RequestParts = {
  ...{ method: 'GET', audience: 'a.example', path: '/', query: '', digest: FIELDS.digest, ts: FIELDS.ts },
  ...{ nonce: FIELDS.nonce, key: 'k', scope: '', headers: [['x-a', '1']] },
};
const value = (changed: Partial<AuthorizationFields>): string =>
  formatAuthorization({ ...FIELDS, ...changed });
const authorization = (changed: Partial<AuthorizationFields>) => () => parseAuthorization(value(changed));
const read =
  (changed: Partial<RequestHead>, requireSigned: string[] = []) =>
  () =>
    readRequest(
      { method: 'GET', target: '/', headers: [['authorization', value({})]], ...changed },
      requestPolicy({ audience: 'a.example', requireSigned }),
    );
const parsed = (changed: Partial<RequestParts>) => () =>
  parseCanonical(canonicalize({ ...PARTS, ...changed }));
const field = (...values: string[]) => collectFields(values.map((one) => ['x-a', one] as const));

it.each<[RequestRefusal, string, () => unknown]>([
  [
    'wrong-audience',
    'the request addresses b.example',
    () => requestAudience(audiencePolicy(['a.example']), collectFields([['host', 'B.example:443']])),
  ],
  [
    'malformed-request',
    'the Host field is missing, repeated or malformed',
    () => requestAudience(audiencePolicy(ANY_HOST), collectFields([])),
  ],
  [
    'missing-signature',
    'the x-sig field holds another scheme',
    () => parseAuthorization('Bearer abc', 'x-sig'),
  ],
  [
    'malformed-signature',
    'the x-sig field is not in the one form of CS1-HMAC-SHA256',
    () => parseAuthorization('CS1-HMAC-SHA256', 'x-sig'),
  ],
  ['malformed-signature', 'the key parameter is not a key id', authorization({ key: '' })],
  ['malformed-signature', 'the ts parameter is not a time of 13 digits', authorization({ ts: '1' })],
  ['malformed-signature', 'the nonce parameter is not a UUID in lower case', authorization({ nonce: '1' })],
  ['malformed-signature', 'the scope parameter is not a scope', authorization({ scope: ':' })],
  [
    'malformed-signature',
    'the digest parameter is not 64 lower-case hex digits',
    authorization({ digest: '1' }),
  ],
  [
    'malformed-signature',
    'the headers parameter is not an ascending list of at most 16 signable names',
    authorization({ headers: ['host'] }),
  ],
  ['malformed-signature', 'the sig parameter is not 64 lower-case hex digits', authorization({ sig: '1' })],
  ['malformed-request', 'the signed field x-a is absent', () => signedValue(field(), 'x-a')],
  [
    'malformed-request',
    'the signed field x-a stands on several lines',
    () => signedValue(field('1', '1'), 'x-a'),
  ],
  [
    'malformed-request',
    'the signed field x-a holds a control or non-ASCII character',
    () => signedValue(field('é'), 'x-a'),
  ],
  ['malformed-target', 'the path holds a raw backslash', () => canonicalPath('/\\')],
  ['malformed-target', 'the path holds an encoded control character', () => canonicalPath('/%00')],
  ['ambiguous-target', 'the path holds a dot segment', () => refuseDotSegments('/..')],
  ['malformed-target', 'the query has more than 1000 pieces', () => canonicalQuery('&'.repeat(1000))],
  [
    'malformed-target',
    'the target holds a space, a control or a non-ASCII character',
    () => canonicalQuery('a b'),
  ],
  ['malformed-target', 'the target holds a raw #', () => canonicalQuery('#')],
  ['malformed-target', 'the target holds a % without two hex digits', () => canonicalQuery('%')],
  [
    'malformed-target',
    'the target is neither in origin-form nor an http(s) URL',
    () => canonicalTarget('ftp://a/'),
  ],
  ['malformed-target', 'the authority of the target is malformed', () => canonicalTarget('http://a b/')],
  ['malformed-target', 'CONNECT has no target that can be signed', read({ method: 'CONNECT' })],
  ['malformed-request', 'the method is not upper-case letters', read({ method: 'get' })],
  [
    'malformed-request',
    'the field x-a is present and not signed',
    read(
      {
        headers: [
          ['authorization', value({})],
          ['x-a', '1'],
        ],
      },
      ['x-a'],
    ),
  ],
  ['missing-signature', 'there is no authorization field', read({ headers: [] })],
  [
    'malformed-signature',
    'the authorization field stands on several lines',
    read({
      headers: [
        ['authorization', value({})],
        ['authorization', value({})],
      ],
    }),
  ],
  ['malformed-signature', 'the text is not a canonical string', () => parseCanonical('CS1')],
  ['malformed-request', 'the method cannot be signed', parsed({ method: 'get' })],
  ['malformed-target', 'CONNECT cannot be signed', parsed({ method: 'CONNECT' })],
  ['malformed-request', 'the audience is not canonical', parsed({ audience: 'A' })],
  ['malformed-target', 'the target is not canonical', parsed({ path: '/%7e' })],
  ['malformed-signature', 'digest, ts, nonce or key is malformed', parsed({ key: '' })],
  ['malformed-signature', 'the scope is malformed', parsed({ scope: ':' })],
  [
    'malformed-signature',
    'the header lines are not ascending, or not signable',
    parsed({ headers: [['host', '']] }),
  ],
  ['malformed-signature', 'a header line has no name', () => parseCanonical(`${canonicalize(PARTS)}\n:`)],
  ['malformed-request', 'a header value is not canonical', parsed({ headers: [['x-a', ' 1']] })],
])('%s: %s', (code, message, call) => {
  expect(call).toThrow(new CanonicalError(code, message));
  expect(call).toThrow(expect.objectContaining({ code, message, name: 'CanonicalError' }));
});

it.each<[string, () => unknown]>([
  ['audience: "a b" is not a host with an optional port', () => requireAuthority('audience', 'a b')],
  [
    'audience: expected a name such as "api.example.com", a list of them, or ANY_HOST',
    () => audiencePolicy([]),
  ],
  ['headers: "x:a" is not a field name', () => canonicalize({ ...PARTS, headers: [['x:a', '']] })],
  [
    'parts: no part of a canonical string may hold a line feed',
    () => canonicalize({ ...PARTS, path: '/\n' }),
  ],
  ['canonicalString: expected ASCII', () => formatDebug('é')],
  [
    'header: "a b" is not a field name that can carry a signature',
    () => requestPolicy({ audience: 'a', header: 'a b' }),
  ],
  [
    'requireSigned: "host" is not a field that can be signed',
    () => requestPolicy({ audience: 'a', requireSigned: ['host'] }),
  ],
  [
    'requireSigned: expected a list of field names',
    () => requestPolicy({ audience: 'a', requireSigned: 'x-a' as unknown as string[] }),
  ],
  [
    'secret: expected cs1s_ and canonical base64url without padding, or a Uint8Array',
    () => secretBytes('cs1s_!'),
  ],
  ['secret: needs 32 bytes or more, has 1', () => secretBytes(Uint8Array.of(1))],
  ['keyId: 7 is not a key id: 1 to 64 of A-Z a-z 0-9 . _ ~ -', () => requireKeyId('keyId', 7)],
  ['keyId: a secret is not a key id', () => requireKeyId('keyId', 'cs1s_AAAA')],
  ['keyId: "a b" is not a key id: 1 to 64 of A-Z a-z 0-9 . _ ~ -', () => requireKeyId('keyId', 'a b')],
])('a mistake of the caller is told: %s', (message, call) => {
  expect(call).toThrow(new TypeError(message));
});
