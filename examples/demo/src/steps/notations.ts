/** One request in notations that another parser might read otherwise: fields, times and targets. */
import { added, field, parameter, repeated, target, without } from '../changes.js';
import { ORDER_BODY } from '../signing.js';
import type { Step } from '../step.js';
import { type Variation, variationsStep } from '../variations.js';

const MALFORMED = 'malformed-signature';
const BAD_REQUEST = 'malformed-request';
const BAD_TARGET = 'malformed-target';
const AMBIGUOUS = 'ambiguous-target';
const INVALID = 'invalid-signature';
/** Node or the router refuses some of these itself, before the verifier sees them. */
const BY_NODE = 'http-400';
const NO_ROUTE = 'http-404';

const FIELDS: readonly Variation[] = [
  ['two Authorization fields', repeated('authorization'), MALFORMED],
  ['a bearer token behind the signature', added('Authorization', 'Bearer x'), MALFORMED],
  ['two Host fields', added('Host', 'evil.example'), BAD_REQUEST],
  ['two equal Host fields', repeated('host'), BAD_REQUEST],
  ['no Host', without('host'), BY_NODE],
  ['a Host with user information', field('host', (host) => `a@${host}`), BY_NODE],
  ['another authority in the target', target((text) => `http://evil.example${text}`), 'wrong-audience'],
  ['a signed field on two lines', repeated('if-match'), BAD_REQUEST],
  ['a folded Authorization', separator(',\r\n '), BY_NODE],
  ['a bare line feed in it', separator(',\n'), BY_NODE],
  ['the scheme in lower case', field('authorization', lowerCase), 'missing-signature'],
  ['two spaces behind the scheme', field('authorization', (text) => text.replace(' ', '  ')), MALFORMED],
  ['no space behind a comma', separator(','), MALFORMED],
  ['parameters in another order', field('authorization', swapFirstTwo), MALFORMED],
  ['a parameter twice', field('authorization', (text) => `${text}, scope="admin"`), MALFORMED],
  ['an unknown parameter', field('authorization', (text) => `${text}, debug="1"`), MALFORMED],
  ['a parameter without quotes', field('authorization', (text) => text.replace('"acme"', 'acme')), MALFORMED],
  ['U+212A for a k in the key', parameter('key', '\u00e2\u0084\u00aaelvin'), MALFORMED],
  ['the signature in upper case', parameter('sig', (sig) => sig.toUpperCase()), MALFORMED],
  ['the nonce in upper case', parameter('nonce', '0F8FAD5B-D9CB-469F-A165-70867728950E'), MALFORMED],
  ['a field of 3 000 bytes', field('authorization', (text) => text.padEnd(3000, 'a')), MALFORMED],
];

const TIMES: readonly Variation[] = [
  ...['+1763750000000', '1e12', '01763750000000', '1763750000000.0', '0x19a8e2c3d40', 'NaN', '-1', ''],
  ...['1763750000', '17637500000000', ' 1763750000000', 'Infinity'],
].map((ts): Variation => [`ts="${ts}"`, parameter('ts', ts), MALFORMED]);

const TARGETS: readonly Variation[] = [
  ['%2e%2e', target('/v1/x/%2e%2e/orders/1001'), AMBIGUOUS],
  ['..', target('/v1/x/../orders/1001'), AMBIGUOUS],
  ['.', target('/v1/./orders/1001'), AMBIGUOUS],
  ['an encoded slash behind ..', target('/v1/orders/..%2f1001'), AMBIGUOUS],
  ['an encoded backslash behind ..', target('/v1/orders/..%5C1001'), AMBIGUOUS],
  ['..; as some servers strip it', target('/v1/orders/..;x'), AMBIGUOUS],
  ['an encoded NUL', target('/v1/orders/1001%00'), BAD_TARGET],
  ['an encoded line feed', target('/v1/orders/1001%0a'), BAD_TARGET],
  ['% without digits', target('/v1/orders/1001%zz'), BAD_TARGET],
  ['a fragment', target('/v1/orders/1001#x'), BAD_TARGET],
  ['a backslash', target('/v1/orders\\1001'), BAD_TARGET, BY_NODE],
  ['a raw byte above ASCII', target('/v1/orders/1001?q=\u00f6'), BAD_TARGET, BY_NODE],
  ['user information in the target', target((text) => `http://a@evil.example${text}`), BAD_TARGET, BY_NODE],
  ['an encoded slash', target('/v1/orders/1001%2F'), INVALID],
  ['path parameters', target('/v1/orders/1001;v=1'), INVALID],
  ['another case', target('/v1/Orders/1001'), NO_ROUTE],
  ['a slash at the end', target('/v1/orders/1001/'), NO_ROUTE],
  ['a slash doubled', target('/v1//orders/1001'), NO_ROUTE],
];

const headers = [['If-Match', '"7"']] as const;

export const fieldNotations: Step = variationsStep(
  'the signature field smuggled past two parsers',
  { call: 'fields', headers },
  FIELDS,
);

export const timeNotations: Step = variationsStep('the time in other notations', { call: 'times' }, TIMES);

export const targetNotations: Step = variationsStep(
  'targets that routers read in two ways',
  { call: 'targets', method: 'PUT', target: '/v1/orders/1001', body: ORDER_BODY },
  TARGETS,
);

function separator(text: string): Variation[1] {
  return field('authorization', (value) => value.replace(', ', text));
}

function lowerCase(text: string): string {
  return text.toLowerCase();
}

function swapFirstTwo(text: string): string {
  return text.replace(/(key="[^"]*"), (ts="[^"]*")/, '$2, $1');
}
