/** Each part that a signature covers, changed on its way: one part at a time. The query has a file of its own. */
import { sha256Hex } from '@countersign/canonical';
import type { Attack } from '../probe/attack.js';
import type { Attacker } from '../probe/attacker.js';
import { EXTRA_FIELD, extraFields } from '../probe/baseline.js';
import type { Draft } from '../probe/sign.js';
import { withParameters } from '../probe/sign.js';
import { body, both, type Change, field, method, parameter, target, without } from './changes.js';
import { type Variant, variantsAttack } from './variants.js';

const UNCOVERED = 'signatures that leave out the query, a path parameter or the body';
const UNBOUND = 'header names that are not bound, or absent headers that sign as empty';

const methodChanged = variantsAttack({
  id: 'method-changed',
  group: 'tampering',
  attack: 'The same signed request with another method.',
  variants: ['HEAD', 'GET', 'POST', 'PUT', 'PATCH'].map((name): Variant => [name, method(name)]),
});

const pathChanged = variantsAttack({
  id: 'path-changed',
  group: 'tampering',
  attack: 'The same signed request for another path.',
  catalogue: UNCOVERED,
  variants: ({ also, target: signed }) => [
    ['the last segment changed', target(onPath((path) => path.replace(/([^/]*)$/, otherSegment)))],
    ['a segment added', target(onPath((path) => `${path.replace(/\/$/, '')}/1`))],
    ['the last segment left out', target(onPath((path) => path.replace(/\/[^/]*$/, '') || '/'))],
    ['its case changed', target(onPath((path) => path.replace(/[a-z]/i, swapCase)))],
    ...also.filter((other) => other !== signed).map((other): Variant => [`the path ${other}`, target(other)]),
  ],
});

const bodyReplaced = variantsAttack({
  id: 'body-replaced',
  group: 'tampering',
  attack: 'The same signed request with another body, its signature and digest left as they are.',
  catalogue: 'a body hash that is sent but not checked',
  variants: [
    ['one byte longer', body((bytes) => Buffer.concat([bytes, Buffer.from(' ')]))],
    ['a digit or letter changed', changedBody],
    [
      'left out',
      (request, plan) => (request.body.length > 0 ? body(() => Buffer.alloc(0))(request, plan) : undefined),
    ],
  ],
});

const digestReplaced = variantsAttack({
  id: 'digest-replaced',
  group: 'tampering',
  attack: 'Another body with the digest parameter that fits it; or the digest of another body.',
  catalogue: UNCOVERED,
  variants: [
    [
      'another body and its digest',
      (request, plan) => {
        const changed = changedBody(request, plan);
        return changed && withParameters(plan, changed, { digest: sha256Hex(changed.body) });
      },
    ],
    ['the digest of another body', parameter('digest', sha256Hex('probe'))],
  ],
});

const headerChanged = variantsAttack({
  id: 'header-changed',
  group: 'tampering',
  attack: 'A signed header field with another value.',
  catalogue: UNBOUND,
  draft: withFields,
  variants: [
    ['Content-Type with a parameter', field('content-type', (value) => `${value}; charset=utf-7`)],
    ['another Idempotency-Key', field('idempotency-key', () => crypto.randomUUID())],
    [`another ${EXTRA_FIELD}`, field(EXTRA_FIELD, 'two')],
    [`an empty ${EXTRA_FIELD}`, field(EXTRA_FIELD, '')],
    [`${EXTRA_FIELD} with one space less`, field(EXTRA_FIELD, 'one,two')],
    [`${EXTRA_FIELD} in upper case`, field(EXTRA_FIELD, 'ONE, TWO')],
  ],
});

const headerRemoved = variantsAttack({
  id: 'header-removed',
  group: 'tampering',
  attack: 'A signed header field left out.',
  catalogue: UNBOUND,
  draft: withFields,
  variants: [
    ['no Idempotency-Key', without('idempotency-key')],
    [`no ${EXTRA_FIELD}`, without(EXTRA_FIELD)],
    [`its value under another name`, both(without(EXTRA_FIELD), renamed)],
  ],
});

const headerListShortened = variantsAttack({
  id: 'header-list-shortened',
  group: 'tampering',
  attack: 'A signed header field struck from the list of those that are signed, and changed.',
  catalogue: UNBOUND,
  draft: withFields,
  variants: [
    [`without ${EXTRA_FIELD}`, both(unlisted(EXTRA_FIELD), field(EXTRA_FIELD, 'other'))],
    ['an empty list', (request, plan) => withParameters(plan, request, { headers: [] })],
    [
      'a field listed that was not signed',
      (request, plan) =>
        withParameters(plan, request, { headers: ['accept', 'idempotency-key', EXTRA_FIELD] }),
    ],
  ],
});

const scopeChanged = variantsAttack({
  id: 'scope-changed',
  group: 'tampering',
  attack: 'Another scope in the signature field, the signature left as it is.',
  variants: ({ scope, otherScope }) => [
    ['no scope', parameter('scope', '')],
    ['a scope of ours', parameter('scope', 'probe')],
    ['a scope below', parameter('scope', (text) => `${text || 'probe'}:probe`)],
    ['the scope above', parameter('scope', (text) => text.replace(/:?[^:]*$/, ''))],
    ...[otherScope ?? [], scope]
      .flat()
      .map((text): Variant => [`the scope ${text}`, parameter('scope', text)]),
  ],
});

const timeChanged = variantsAttack({
  id: 'time-changed',
  group: 'tampering',
  attack: 'Another time in the signature field, the signature left as it is.',
  variants: [
    ['1 ms later', parameter('ts', (ts) => String(Number(ts) + 1))],
    ['5 s earlier', parameter('ts', (ts) => String(Number(ts) - 5_000))],
  ],
});

const nonceChanged = variantsAttack({
  id: 'nonce-changed',
  group: 'tampering',
  attack: 'Another nonce in the signature field, the signature left as it is.',
  variants: [['a new nonce', parameter('nonce', () => crypto.randomUUID())]],
});

const keyChanged = variantsAttack({
  id: 'key-changed',
  group: 'tampering',
  attack: 'Another key id in the signature field, the signature left as it is.',
  variants: [
    ['a key that does not exist', parameter('key', 'probe-no-such-key')],
    ['the same key in another case', parameter('key', (key) => key.replace(/[a-z]/i, swapCase))],
    ['the key id cut by one character', parameter('key', (key) => key.slice(0, -1))],
  ],
});

export const tampering: readonly Attack[] = [
  methodChanged,
  pathChanged,
  bodyReplaced,
  digestReplaced,
  headerChanged,
  headerRemoved,
  headerListShortened,
  scopeChanged,
  timeChanged,
  nonceChanged,
  keyChanged,
];

/** A draft with signed fields of our own. */
export function withFields({ baseline }: Attacker): Draft | string {
  if (baseline.takesFields) return { added: extraFields() };
  return `the application refuses a signed ${EXTRA_FIELD} and Idempotency-Key, so there is no field to try it with`;
}

function onPath(change: (path: string) => string): (text: string) => string {
  return (text) => text.replace(/^[^?]*/, change);
}

function otherSegment(segment: string): string {
  return /\d$/.test(segment) ? segment.slice(0, -1) + ((Number(segment.slice(-1)) + 1) % 10) : `${segment}x`;
}

function swapCase(text: string): string {
  return text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase();
}

/** Still what it was to a parser of JSON or text. */
function changedBody(...[request, plan]: Parameters<Change>): ReturnType<Change> {
  const text = request.body.toString('latin1');
  const digit = text.search(/\d/);
  if (digit < 0) return body((bytes) => Buffer.concat([bytes, Buffer.from('\n')]))(request, plan);
  const other = String((Number(text[digit]) % 9) + 1);
  return body(() => Buffer.from(text.slice(0, digit) + other + text.slice(digit + 1), 'latin1'))(
    request,
    plan,
  );
}

function renamed(...[request]: Parameters<Change>): ReturnType<Change> {
  return { ...request, headers: [...request.headers, [`${EXTRA_FIELD}-2`, 'one, two']] };
}

function unlisted(name: string): Change {
  return (request, plan) => {
    const listed = request.headers.map(([each]) => each.toLowerCase());
    const headers = ['content-type', 'idempotency-key'].filter(
      (each) => each !== name && listed.includes(each),
    );
    return withParameters(plan, request, { headers });
  };
}
