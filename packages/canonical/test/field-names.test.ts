import { expect, it } from 'vitest';
import {
  fieldsRequiredSigned,
  fieldsSignedWhenPresent,
  isFieldName,
  isSignable,
  parseSignedNames,
  VERDICT_FIELD,
} from '../src/field-names.js';

const OTHER_FIELD = 'x-signature';

it.each([
  ...['host', 'connection', 'content-length', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'keep-alive'],
  ...['accept-encoding', 'via', 'forwarded', 'x-forwarded-for', 'x-forwarded-', 'cookie', 'set-cookie'],
  ...[
    'proxy-authorization',
    'proxy-',
    'authorization',
    '',
    'Host',
    'X-A',
    'a b',
    'a:b',
    'a;b',
    'é',
    ':authority',
  ],
])('%j cannot be signed', (name) => {
  expect(isSignable(name, 'authorization')).toBe(false);
});

it.each([
  'content-type',
  'x-forwarded',
  'proxy',
  'hosts',
  "!#$%&'*+-.^_`|~",
  '__proto__',
  'constructor',
  '0',
])('%j can be signed', (name) => {
  expect(isSignable(name, 'authorization')).toBe(true);
});

it('authorization can be signed when the signature is elsewhere, and then that field cannot', () => {
  expect(isSignable('authorization', OTHER_FIELD)).toBe(true);
  expect(isSignable(OTHER_FIELD, OTHER_FIELD)).toBe(false);
});

it('every token character and no other makes a field name', () => {
  for (let code = 0; code < 0x180; code++) {
    const char = String.fromCharCode(code);
    expect(isFieldName(char)).toBe(/[!#$%&'*+\-.^_`|~0-9a-z]/.test(char));
  }
  expect(isFieldName('a\n')).toBe(false);
});

it('the verdict stands in Countersign-Verdict', () => {
  expect(VERDICT_FIELD).toBe('countersign-verdict');
});

const REQUIRED = [
  ...['content-encoding', 'content-type', 'idempotency-key', 'x-http-method', 'x-http-method-override'],
  ...['x-method-override', 'x-original-url', 'x-rewrite-url'],
];

it('requires the fields of spec 2.2 to be signed, and authorization when the signature is elsewhere', () => {
  expect([...fieldsRequiredSigned('authorization')].sort()).toEqual(REQUIRED);
  expect([...fieldsRequiredSigned(OTHER_FIELD)].sort()).toEqual(['authorization', ...REQUIRED]);
});

it('signs those and the conditional ones whenever they are present', () => {
  const conditional = ['if-match', 'if-none-match', 'if-unmodified-since', 'range'];
  expect([...fieldsSignedWhenPresent('authorization')].sort()).toEqual([...REQUIRED, ...conditional].sort());
  expect([...fieldsSignedWhenPresent(OTHER_FIELD)].sort()).toEqual(
    ['authorization', ...REQUIRED, ...conditional].sort(),
  );
  expect(fieldsSignedWhenPresent('range')).not.toContain('range');
});

it.each([
  ['', []],
  ['a', ['a']],
  ['a;b', ['a', 'b']],
  ['a;a-', ['a', 'a-']],
  ['x-c;x_b;xa', ['x-c', 'x_b', 'xa']],
])('the list %j is read', (text, names) => {
  expect(parseSignedNames(text, 'authorization')).toEqual(names);
});

it.each([';', 'a;', ';a', 'a;;b', 'b;a', 'a;a', 'A', 'a; b', 'a,b', 'a;host', 'authorization', 'a:b', ' a'])(
  'the list %j is refused',
  (text) => {
    expect(parseSignedNames(text, 'authorization')).toBeUndefined();
  },
);

it('takes sixteen names and refuses seventeen', () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `x${i + 10}`).join(';');
  expect(parseSignedNames(names(16), 'authorization')).toHaveLength(16);
  expect(parseSignedNames(names(17), 'authorization')).toBeUndefined();
});
