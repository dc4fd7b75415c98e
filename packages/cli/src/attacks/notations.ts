/** The signature field in notations that are not its one form, and times in notations that are no time. */
import type { Attack } from '../probe/attack.js';
import {
  added,
  addedFirst,
  type Change,
  parameter,
  type Rewrite,
  repeated,
  signature,
  signedParameter,
} from './changes.js';
import { type Variant, variantsAttack } from './variants.js';

const TIME_NOTATION = 'the same time in another notation (`+1`, `1e12`, leading zeros, fractions, NaN)';

const duplicated = variantsAttack({
  id: 'signature-duplicated',
  group: 'notations',
  attack: 'The signature field twice, on two lines or joined by a comma, or a parameter twice.',
  variants: [
    ['the same line twice', (request, plan) => repeated(plan.signatureField)(request, plan)],
    ['a bearer token behind', (request, plan) => added([plan.signatureField, 'Bearer probe'])(request, plan)],
    [
      'a bearer token before',
      (request, plan) => addedFirst([plan.signatureField, 'Bearer probe'])(request, plan),
    ],
    [
      'a signature that is wrong behind',
      (request, plan) => {
        const wrong = parameter('scope', 'admin')(request, plan);
        const line = wrong?.headers.find(([name]) => name.toLowerCase() === plan.signatureField);
        return line && added(line)(request, plan);
      },
    ],
    ['a bearer token behind a comma', signature((text) => `${text}, Bearer probe`)],
    ['the signature twice, joined by a comma', signature((text) => `${text}, ${text}`)],
    ['a second scope', signature((text) => `${text}, scope="admin"`)],
    ['a second key in front', signature((text) => text.replace('key=', 'key="admin", key='))],
    ['an unknown parameter', signature((text) => `${text}, probe="1"`)],
  ],
});

const respelled = variantsAttack({
  id: 'signature-respelled',
  group: 'notations',
  attack: 'The signature field in other whitespace, case, order or quotes.',
  variants: [
    ['two spaces behind the scheme', signature((text) => text.replace(' ', '  '))],
    ['a tab behind the scheme', signature((text) => text.replace(' ', '\t'))],
    ['no space behind a comma', signature((text) => text.replace(', ', ','))],
    ['two spaces behind a comma', signature((text) => text.replace(', ', ',  '))],
    ['a space before a comma', signature((text) => text.replace(', ', ' , '))],
    ['a comma at the end', signature((text) => `${text},`)],
    ['a semicolon for a comma', signature((text) => text.replace(', ', '; '))],
    ['spaces around =', signature((text) => text.replace('=', ' = '))],
    ['the scheme in lower case', signature((text) => text.replace(/^\S+/, (scheme) => scheme.toLowerCase()))],
    ['a parameter in upper case', signature((text) => text.replace('nonce=', 'NONCE='))],
    [
      'two parameters in another order',
      signature((text) => text.replace(/(key="[^"]*"), (ts="[^"]*")/, '$2, $1')),
    ],
    ['a parameter without quotes', signature((text) => text.replace(/ts="(\d+)"/, 'ts=$1'))],
    ['single quotes', signature((text) => text.replaceAll('"', "'"))],
    ['an escaped character', signature((text) => text.replace(/ts="(\d)/, 'ts="\\$1'))],
    ['the signature in upper case', parameter('sig', upperCase)],
    ['a folded line', signature((text) => text.replace(', ', ',\r\n '))],
    ['U+212A in the key id', parameter('key', (key) => key.replace(/k|$/, KELVIN_SIGN))],
    ['3 000 bytes', signature((text) => text.padEnd(3_000, 'a'))],
  ],
});

/** U+212A as UTF-8, written as Latin-1: it lower-cases into a k. */
const KELVIN_SIGN = '\u00e2\u0084\u00aa';

const nonceRespelled = variantsAttack({
  id: 'nonce-respelled',
  group: 'notations',
  attack:
    'The nonce in notations that one memory may keep apart and another take for one; each also with a signature that fits.',
  variants: inBothWays('nonce', [
    ['in upper case', upperCase],
    ['without hyphens', (nonce) => nonce.replaceAll('-', '')],
    ['in braces', (nonce) => `{${nonce}}`],
    ['as a URN', (nonce) => `urn:uuid:${nonce}`],
    ['with a space behind', (nonce) => `${nonce} `],
    ['with a space before', (nonce) => ` ${nonce}`],
    ['empty', ''],
    ['one character', '1'],
    ['600 characters', 'a'.repeat(600)],
  ]),
});

const digestRespelled = variantsAttack({
  id: 'digest-respelled',
  group: 'notations',
  attack: 'The digest in other notations, or none, with a signature that fits.',
  catalogue: 'a body hash that is sent but not checked',
  variants: [
    ['in upper case', signedParameter('digest', upperCase)],
    ['in Base64', signedParameter('digest', (hex) => Buffer.from(hex, 'hex').toString('base64'))],
    ['empty', signedParameter('digest', '')],
    ['UNSIGNED-PAYLOAD', signedParameter('digest', 'UNSIGNED-PAYLOAD')],
    ['of another body', signedParameter('digest', '0'.repeat(64))],
  ],
});

const TIME_NOTATIONS: readonly (readonly [what: string, rewrite: Rewrite])[] = [
  ['a plus sign', (ts) => `+${ts}`],
  ['an exponent', (ts) => `${Number(ts) / 1e12}e12`],
  ['a leading zero', (ts) => `0${ts}`],
  ['a fraction', (ts) => `${ts}.0`],
  ['hexadecimal', (ts) => `0x${Number(ts).toString(16)}`],
  ['a space before', (ts) => ` ${ts}`],
  ['a space behind', (ts) => `${ts} `],
  ['a letter behind', (ts) => `${ts}x`],
  ['an underscore', (ts) => `${ts.slice(0, 4)}_${ts.slice(4)}`],
  [
    'full-width digits',
    (ts) => ts.replace(/\d/g, (digit) => latin1(String.fromCharCode(0xff10 + Number(digit)))),
  ],
  ['ISO 8601', (ts) => new Date(Number(ts)).toISOString()],
];

const NO_TIMES: readonly (readonly [what: string, rewrite: Rewrite])[] = [
  ['seconds', (ts) => ts.slice(0, 10)],
  ['NaN', 'NaN'],
  ['Infinity', 'Infinity'],
  ['1e12', '1e12'],
  ['-1', '-1'],
  ['empty', ''],
  ['undefined', 'undefined'],
  ['14 digits', (ts) => `${ts}0`],
];

const timeRespelled = variantsAttack({
  id: 'time-respelled',
  group: 'notations',
  attack: 'The signed time in another notation, the signature left as it is.',
  catalogue: TIME_NOTATION,
  variants: TIME_NOTATIONS.map(([what, rewrite]): Variant => [what, parameter('ts', rewrite)]),
});

const timeNotation = variantsAttack({
  id: 'time-notation',
  group: 'notations',
  attack: 'A time in another notation, or what is no time at all, with a signature that fits.',
  catalogue: '`ts` that parses to NaN',
  variants: [...NO_TIMES, ...TIME_NOTATIONS].map(
    ([what, rewrite]): Variant => [what, signedParameter('ts', rewrite)],
  ),
});

export const notations: readonly Attack[] = [
  duplicated,
  respelled,
  nonceRespelled,
  digestRespelled,
  timeRespelled,
  timeNotation,
];

function inBothWays(
  name: 'nonce',
  rewrites: readonly (readonly [what: string, rewrite: Rewrite])[],
): readonly Variant[] {
  const ways: readonly (readonly [string, (rewrite: Rewrite) => Change])[] = [
    ['', (rewrite) => parameter(name, rewrite)],
    [', signed so', (rewrite) => signedParameter(name, rewrite)],
  ];
  return ways.flatMap(([how, change]) =>
    rewrites.map(([what, rewrite]): Variant => [`${what}${how}`, change(rewrite)]),
  );
}

function upperCase(text: string): string {
  return text.toUpperCase();
}

/** UTF-8 as the bytes of a head. */
function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
