/** Everything that a signature covers, changed on its way: one thing at a time. */
import { createHash } from 'node:crypto';
import { added, body, both, field, method, parameter, target, without } from '../changes.js';
import { ORDER_BODY } from '../signing.js';
import type { Step } from '../step.js';
import { type Variation, variationsStep } from '../variations.js';

const INVALID = 'invalid-signature';
const MISMATCH = 'digest-mismatch';
const MALFORMED = 'malformed-request';

const TARGET = '/v1/orders/1001?notify=true&tag=b&tag=a&note=a+b&x+y=1&x%20y=2&f[1]=1&f=2&raw=%FF&nulls=a%00';
const FORGED_BODY = ORDER_BODY.replace('8990', '89');
const FORGED_DIGEST = createHash('sha256').update(FORGED_BODY).digest('hex');

const TARGETS: readonly Variation[] = [
  ['another path', swap('1001', '1002'), INVALID],
  ['a parameter changed', swap('true', 'false'), INVALID],
  ['a parameter added', target((text) => `${text}&force=1`), INVALID],
  ['a parameter left out', swap('notify=true&', ''), INVALID],
  ['a parameter moved into the path', swap('?notify=true&', '%3Fnotify=true?'), INVALID],
  ['the query left out', target('/v1/orders/1001'), INVALID],
  ['two values of one name swapped', swap('tag=b&tag=a', 'tag=a&tag=b'), INVALID],
  ['one of two values left out', swap('tag=b&', ''), INVALID],
  ['a value turned into an array item', swap('tag=a', 'tag[]=a'), INVALID],
  ['x+y and x%20y swapped', swap('x+y=1&x%20y=2', 'x%20y=2&x+y=1'), INVALID],
  ['f[1] and f swapped', swap('f[1]=1&f=2', 'f=2&f[1]=1'), INVALID],
  ['%20 for +', swap('a+b', 'a%20b'), INVALID],
  ['%2B for +', swap('a+b', 'a%2Bb'), INVALID],
  ['another byte that is no UTF-8', swap('%FF', '%FE'), INVALID],
  ['a replacement character for it', swap('%FF', '%EF%BF%BD'), INVALID],
  ['a value cut at its NUL', swap('a%00', 'a'), INVALID],
  ['a thousand and one parameters', target((text) => text + '&n=1'.repeat(992)), 'malformed-target'],
];

const PARTS: readonly Variation[] = [
  ['another method', method('DELETE'), INVALID],
  ...TARGETS,
  ['another body', body(FORGED_BODY), MISMATCH],
  ['a body one byte longer', body(`${ORDER_BODY} `), MISMATCH],
  ['no body', body(''), MISMATCH],
  ['the body, and the digest with it', both(body(FORGED_BODY), parameter('digest', FORGED_DIGEST)), INVALID],
  ['the key of another partner', parameter('key', 'constructor'), INVALID],
  ['a key that does not exist', parameter('key', '__proto__'), INVALID],
  ['a time 1 ms later', parameter('ts', (ts) => String(Number(ts) + 1)), INVALID],
  ['another nonce', parameter('nonce', '0f8fad5b-d9cb-469f-a165-70867728950e'), INVALID],
  ['another scope', parameter('scope', 'invoices:write'), INVALID],
  ['the scope’s parent', parameter('scope', 'orders'), INVALID],
  ['no scope', parameter('scope', ''), INVALID],
  ['one digit of the signature', parameter('sig', flipLastDigit), INVALID],
  ['another Content-Type', field('content-type', 'text/json'), INVALID],
  ['another Idempotency-Key', field('idempotency-key', 'x'), INVALID],
  ['another If-Match', field('if-match', '*'), INVALID],
  ['an empty If-Match', field('if-match', ''), INVALID],
  ['If-Match left out', without('if-match'), MALFORMED],
  ['a shorter list of signed fields', parameter('headers', 'content-type;if-match'), MALFORMED],
  ['no signature', without('authorization'), 'missing-signature'],
  ['a bearer token in its place', field('authorization', 'Bearer x'), 'missing-signature'],
];

const INJECTED: readonly Variation[] = [
  ['X-HTTP-Method-Override', added('X-HTTP-Method-Override', 'DELETE'), MALFORMED],
  ['X-HTTP-Method', added('X-HTTP-Method', 'DELETE'), MALFORMED],
  ['X-Method-Override', added('X-Method-Override', 'DELETE'), MALFORMED],
  ['X-Original-URL', added('X-Original-URL', '/v1/admin'), MALFORMED],
  ['X-Rewrite-URL', added('X-Rewrite-URL', '/v1/admin'), MALFORMED],
  ['Content-Encoding', added('Content-Encoding', 'gzip'), MALFORMED],
  ['a second Content-Type', added('Content-Type', 'text/plain'), MALFORMED],
  ['a second Idempotency-Key', added('Idempotency-Key', 'another'), MALFORMED],
];

export const tampering: Step = variationsStep(
  'each part that is signed, changed on its way',
  {
    call: 'tampering',
    method: 'PUT',
    target: TARGET,
    body: ORDER_BODY,
    scope: 'orders:write',
    headers: [['If-Match', '"7"']],
  },
  PARTS,
);

export const injectedFields: Step = variationsStep(
  'fields that change what is meant, injected',
  { call: 'injected' },
  INJECTED,
);

function swap(part: string, other: string): Variation[1] {
  return target((text) => text.replace(part, other));
}

function flipLastDigit(sig: string): string {
  return sig.slice(0, -1) + (sig.endsWith('0') ? '1' : '0');
}
