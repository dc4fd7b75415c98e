/** Everything that a signature covers, changed on the way: one thing at a time. */
import { createHash } from 'node:crypto';
import { addField, draft, ORDER_BODY, withBody, withField, withoutField, withParameter } from '../signing.js';
import type { Step } from '../step.js';
import { sendVariations, type Variation } from '../variations.js';
import type { RawRequest } from '../wire.js';

const TARGET = '/v1/orders/1001?notify=true&tag=b&tag=a&note=a+b';
const FORGED = ORDER_BODY.replace('8990', '89');

const PARTS: readonly Variation[] = [
  ['the method', (request) => ({ ...request, method: 'DELETE' }), 'invalid-signature'],
  ['the path', to(TARGET.replace('1001', '1002')), 'invalid-signature'],
  ['a parameter changed', to(TARGET.replace('true', 'false')), 'invalid-signature'],
  ['a parameter added', to(`${TARGET}&force=1`), 'invalid-signature'],
  ['a parameter left out', to(TARGET.replace('notify=true&', '')), 'invalid-signature'],
  ['the query left out', to('/v1/orders/1001'), 'invalid-signature'],
  ['two values of one name swapped', to(TARGET.replace('tag=b&tag=a', 'tag=a&tag=b')), 'invalid-signature'],
  ['a value turned into an array item', to(TARGET.replace('tag=a', 'tag[]=a')), 'invalid-signature'],
  ['%20 for +', to(TARGET.replace('a+b', 'a%20b')), 'invalid-signature'],
  ['%2B for +', to(TARGET.replace('a+b', 'a%2Bb')), 'invalid-signature'],
  ['the body', (request) => withBody(request, FORGED), 'digest-mismatch'],
  ['a body one byte longer', (request) => withBody(request, `${ORDER_BODY} `), 'digest-mismatch'],
  ['no body', (request) => withBody(request, ''), 'digest-mismatch'],
  ['the body, and the digest with it', withDigest, 'invalid-signature'],
  ['the key: another partner’s', parameter('key', 'constructor'), 'invalid-signature'],
  ['the key: one that does not exist', parameter('key', '__proto__'), 'invalid-signature'],
  ['the time: later by 1 ms', laterBy(1), 'invalid-signature'],
  ['the nonce', parameter('nonce', '0f8fad5b-d9cb-469f-a165-70867728950e'), 'invalid-signature'],
  ['the scope: another', parameter('scope', 'invoices:write'), 'invalid-signature'],
  ['the scope: its parent', parameter('scope', 'orders'), 'invalid-signature'],
  ['the scope: none', parameter('scope', ''), 'invalid-signature'],
  ['the signature: one digit', flipLastDigit, 'invalid-signature'],
  ['Content-Type', (request) => withField(request, 'content-type', () => 'text/json'), 'invalid-signature'],
  ['Idempotency-Key', (request) => withField(request, 'idempotency-key', () => 'x'), 'invalid-signature'],
  ['If-Match', (request) => withField(request, 'if-match', () => '*'), 'invalid-signature'],
  ['If-Match left out', (request) => withoutField(request, 'if-match'), 'malformed-request'],
  ['the list of signed fields', parameter('headers', 'content-type;if-match'), 'malformed-request'],
  ['no signature', (request) => withoutField(request, 'authorization'), 'missing-signature'],
  [
    'a bearer token instead',
    (request) => withField(request, 'authorization', () => 'Bearer x'),
    'missing-signature',
  ],
];

export const tampering: Step = {
  name: 'each part that is signed, changed on its way',
  promise: 'refused, and the original still admitted',
  run: (world, checks) => {
    const call = 'tampering';
    const headers = [['If-Match', '"7"']] as const;
    const request = draft(world, {
      method: 'PUT',
      target: TARGET,
      body: ORDER_BODY,
      scope: 'orders:write',
      call,
      headers,
    });
    return sendVariations(world, checks, request, call, PARTS);
  },
};

const INJECTED: readonly (readonly [name: string, value: string])[] = [
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-HTTP-Method', 'DELETE'],
  ['X-Method-Override', 'DELETE'],
  ['X-Original-URL', '/v1/admin'],
  ['X-Rewrite-URL', '/v1/admin'],
  ['Content-Encoding', 'gzip'],
  ['Idempotency-Key', 'another'],
];

export const injectedFields: Step = {
  name: 'fields that change a request’s meaning, injected',
  promise: 'refused: they may not be there unsigned',
  run: async (world, { equal }) => {
    const request = draft(world);
    for (const [name, value] of INJECTED) {
      equal(name, (await world.send(addField(request, name, value))).code, 'malformed-request');
    }
    equal('the original', (await world.send(request)).code, 'admitted');
    return `malformed-request ${INJECTED.length} of ${INJECTED.length}, original admitted`;
  },
};

function to(target: string): (request: RawRequest) => RawRequest {
  return (request) => ({ ...request, target });
}

function parameter(name: string, value: string): (request: RawRequest) => RawRequest {
  return (request) => withParameter(request, name, () => value);
}

function laterBy(ms: number): (request: RawRequest) => RawRequest {
  return (request) => withParameter(request, 'ts', (ts) => String(Number(ts) + ms));
}

function withDigest(request: RawRequest): RawRequest {
  const digest = createHash('sha256').update(FORGED).digest('hex');
  return withParameter(withBody(request, FORGED), 'digest', () => digest);
}

function flipLastDigit(request: RawRequest): RawRequest {
  return withParameter(request, 'sig', (sig) => sig.slice(0, -1) + (sig.endsWith('0') ? '1' : '0'));
}
