/** One request in notations that another parser might read otherwise: fields, times and targets. */
import { addField, draft, withField, withoutField, withParameter } from '../signing.js';
import type { Step } from '../step.js';
import { sendVariations, type Variation } from '../variations.js';
import { fieldOf, type RawRequest } from '../wire.js';

const MALFORMED = 'malformed-signature';
/** Node's parser refuses some of these itself, before anybody else sees them. */
const BY_NODE = 'http-400';

const FIELDS: readonly Variation[] = [
  [
    'two Authorization fields',
    (r) => addField(r, 'Authorization', fieldOf(r, 'authorization') ?? ''),
    MALFORMED,
  ],
  ['a bearer token behind the signature', (r) => addField(r, 'Authorization', 'Bearer x'), MALFORMED],
  ['two Host fields', (r) => addField(r, 'Host', 'evil.example'), 'malformed-request', BY_NODE],
  [
    'two equal Host fields',
    (r) => addField(r, 'Host', fieldOf(r, 'host') ?? ''),
    'malformed-request',
    BY_NODE,
  ],
  ['no Host', (r) => withoutField(r, 'host'), 'malformed-request', BY_NODE],
  ['a Host with user information', (r) => withField(r, 'host', (host) => `a@${host}`), 'malformed-request'],
  ['another absolute target', (r) => ({ ...r, target: `http://evil.example${r.target}` }), 'wrong-audience'],
  ['a signed field on two lines', (r) => addField(r, 'If-Match', '*'), 'malformed-request'],
  ['a folded Authorization', authorization((value) => value.replace(', ', ',\r\n ')), MALFORMED, BY_NODE],
  ['a bare line feed in it', authorization((value) => value.replace(', ', ',\n')), MALFORMED, BY_NODE],
  ['the scheme in lower case', authorization((value) => value.toLowerCase()), 'missing-signature'],
  ['two spaces behind the scheme', authorization((value) => value.replace(' ', '  ')), MALFORMED],
  ['no space behind a comma', authorization((value) => value.replace(', ', ',')), MALFORMED],
  ['parameters in another order', authorization((value) => swapFirstTwo(value)), MALFORMED],
  ['a parameter twice', authorization((value) => `${value}, scope="admin"`), MALFORMED],
  ['an unknown parameter', authorization((value) => `${value}, debug="1"`), MALFORMED],
  ['a parameter without quotes', authorization((value) => value.replace('"acme"', 'acme')), MALFORMED],
  ['U+212A for a k in the key', parameter('key', 'Kelvin'.replace('K', '\u00e2\u0084\u00aa')), MALFORMED],
  ['the signature in upper case', (r) => withParameter(r, 'sig', (sig) => sig.toUpperCase()), MALFORMED],
  ['the nonce in upper case', parameter('nonce', '0F8FAD5B-D9CB-469F-A165-70867728950E'), MALFORMED],
  ['a field of 3 000 bytes', authorization((value) => value.padEnd(3000, 'a')), MALFORMED],
];

const TIMES: readonly Variation[] = [
  ...['+1763750000000', '1e12', '01763750000000', '1763750000000.0', '0x19a8e2c3d40', 'NaN', '-1', ''],
  ...['1763750000', '17637500000000', ' 1763750000000', 'Infinity'],
].map((ts): Variation => [`ts="${ts}"`, parameter('ts', ts), MALFORMED]);

const AMBIGUOUS = 'ambiguous-target';
const BAD_TARGET = 'malformed-target';

const TARGETS: readonly Variation[] = [
  ['%2e%2e', to('/v1/orders/%2e%2e/orders'), AMBIGUOUS],
  ['..', to('/v1/orders/../orders'), AMBIGUOUS],
  ['.', to('/v1/./orders'), AMBIGUOUS],
  ['an encoded slash before ..', to('/v1/orders/..%2forders'), AMBIGUOUS],
  ['an encoded backslash before ..', to('/v1/orders/..%5Corders'), AMBIGUOUS],
  ['..; as some servers strip it', to('/v1/orders/..;x/orders'), AMBIGUOUS],
  ['an encoded NUL', to('/v1/orders%00'), BAD_TARGET],
  ['an encoded line feed', to('/v1/orders%0a'), BAD_TARGET],
  ['% without digits', to('/v1/orders%zz'), BAD_TARGET],
  ['a backslash', to('/v1\\orders'), BAD_TARGET],
  ['a fragment', to('/v1/orders#x'), BAD_TARGET, BY_NODE],
  ['a raw byte above ASCII', to('/v1/orders?q=\u00f6'), BAD_TARGET, BY_NODE],
  ['another case', to('/v1/Orders'), 'invalid-signature'],
  ['a slash at the end', to('/v1/orders/'), 'invalid-signature'],
  ['a slash doubled', to('/v1//orders'), 'invalid-signature'],
];

export const fieldNotations: Step = notations(
  'fields',
  'the signature field smuggled past two parsers',
  FIELDS,
);
export const timeNotations: Step = notations('times', 'the time in other notations', TIMES);
export const targetNotations: Step = notations('targets', 'targets that routers read in two ways', TARGETS);

function notations(call: string, name: string, variations: readonly Variation[]): Step {
  return {
    name,
    promise: 'refused, and the original still admitted',
    run: (world, checks) => {
      const request = draft(world, { call, headers: [['If-Match', '"7"']] });
      return sendVariations(world, checks, request, call, variations);
    },
  };
}

function to(target: string): (request: RawRequest) => RawRequest {
  return (request) => ({ ...request, target });
}

function authorization(change: (value: string) => string): (request: RawRequest) => RawRequest {
  return (request) => withField(request, 'authorization', change);
}

function parameter(name: string, value: string): (request: RawRequest) => RawRequest {
  return (request) => withParameter(request, name, () => value);
}

function swapFirstTwo(value: string): string {
  return value.replace(/(key="[^"]*"), (ts="[^"]*")/, '$2, $1');
}
