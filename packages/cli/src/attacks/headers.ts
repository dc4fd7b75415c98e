/** Header fields beside what is signed: a signed one twice, unsigned ones that change what a request means. */
import type { FieldLine } from '@countersign/canonical';
import type { Attack } from '../probe/attack.js';
import { EXTRA_FIELD } from '../probe/baseline.js';
import { forge, readSigned } from '../probe/sign.js';
import { added, addedFirst, both, type Change, field, repeated, without } from './changes.js';
import { withFields } from './tampering.js';
import { type Variant, variantsAttack } from './variants.js';

const INJECTED: readonly FieldLine[] = [
  ['X-HTTP-Method-Override', 'PATCH'],
  ['X-HTTP-Method', 'PATCH'],
  ['X-Method-Override', 'PATCH'],
  ['X-Original-URL', '/probe'],
  ['X-Rewrite-URL', '/probe'],
  ['Content-Encoding', 'identity'],
];

const duplicated = variantsAttack({
  id: 'header-duplicated',
  group: 'headers',
  attack: 'A signed header field on two lines.',
  catalogue: 'a signed header split over two lines',
  draft: withFields,
  variants: [
    ['the same line twice', repeated(EXTRA_FIELD)],
    ['another value behind', added([EXTRA_FIELD, 'other'])],
    ['another value before', addedFirst([EXTRA_FIELD, 'other'])],
    ['a second Idempotency-Key', added(['Idempotency-Key', 'probe'])],
    ['a second Idempotency-Key in front', addedFirst(['Idempotency-Key', 'probe'])],
    ['a second Content-Type', ifPresent('content-type', added(['Content-Type', 'text/plain']))],
    ['a second Content-Type in front', ifPresent('content-type', addedFirst(['Content-Type', 'text/plain']))],
    ['its value split over two lines', both(field(EXTRA_FIELD, 'one'), added([EXTRA_FIELD, 'two']))],
    ['an empty line of it behind', added([EXTRA_FIELD, ''])],
  ],
});

const injected = variantsAttack({
  id: 'header-injected',
  group: 'headers',
  attack: 'A field that changes what is meant, unsigned beside a signed request.',
  catalogue: 'an injected method override, idempotency key or content encoding',
  variants: [
    ...INJECTED.map(([name, value]): Variant => [name, added([name, value])]),
    ['Idempotency-Key', ifAbsent('idempotency-key', added(['Idempotency-Key', 'probe']))],
    ['Content-Type', ifAbsent('content-type', added(['Content-Type', 'text/plain']))],
    ['a name in upper case', added(['X-HTTP-METHOD-OVERRIDE', 'PATCH'])],
    ['a space before the colon', added(['X-HTTP-Method-Override ', 'PATCH'])],
  ],
});

/** As UTF-8, written as Latin-1. */
const KELVIN_SIGN = '\u00e2\u0084\u00aa';

const kelvinSign = variantsAttack({
  id: 'header-kelvin-sign',
  group: 'headers',
  attack: 'A field name with U+212A, which lower-cases into a k, beside a signed request.',
  catalogue: 'U+212A and other characters that lower-case into ASCII',
  variants: [
    ['Idempotency-Key', added([`Idempotency-${KELVIN_SIGN}ey`, 'probe'])],
    ['X-HTTP-Method-Override with U+017F', added(['X-HTTP-Method-Override\u00c5\u00bf', 'PATCH'])],
  ],
});

const absentAsEmpty = variantsAttack({
  id: 'header-absent-signed-empty',
  group: 'headers',
  attack: 'A field that is listed as signed, signed as empty, and not there.',
  catalogue: 'header names that are not bound, or absent headers that sign as empty',
  draft: withFields,
  variants: [
    ['absent', both(signedAs(''), without(EXTRA_FIELD))],
    ['signed as the text undefined', both(signedAs('undefined'), without(EXTRA_FIELD))],
  ],
});

const leftUnsigned = variantsAttack({
  id: 'header-left-unsigned',
  group: 'headers',
  attack: 'A request well signed, but for fields that must be signed where they are present.',
  catalogue: 'header names that are not bound, or absent headers that sign as empty',
  draft: withFields,
  variants: [
    ['Idempotency-Key', unsigned('idempotency-key')],
    ['Content-Type', unsigned('content-type')],
  ],
});

export const headers: readonly Attack[] = [duplicated, injected, kelvinSign, absentAsEmpty, leftUnsigned];

function ifPresent(name: string, change: Change): Change {
  return (request, plan) => (has(request.headers, name) ? change(request, plan) : undefined);
}

function ifAbsent(name: string, change: Change): Change {
  return (request, plan) => (has(request.headers, name) ? undefined : change(request, plan));
}

function has(lines: readonly FieldLine[], name: string): boolean {
  return lines.some(([each]) => each.toLowerCase() === name);
}

function signedAs(value: string): Change {
  return (request, plan) => {
    const { parts } = readSigned(plan, request);
    const headers = parts.headers.map(([name, old]): FieldLine => [name, name === EXTRA_FIELD ? value : old]);
    return forge(plan, request, { headers });
  };
}

/** Signed by the holder of the key, without this field. */
function unsigned(left: string): Change {
  return (request, plan) => {
    const { parts } = readSigned(plan, request);
    if (!has(parts.headers, left)) return undefined;
    return forge(plan, request, { headers: parts.headers.filter(([name]) => name !== left) });
  };
}
