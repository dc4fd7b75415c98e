import { expect, it } from 'vitest';
import { ANY_HOST, type Audience, audiencePolicy, requestAudience } from '../src/audience.js';
import { collectFields } from '../src/fields.js';
import { refusal } from './support/refusal.js';

const audienceOf = (audience: Audience, lines: [string, string][], target?: string) =>
  requestAudience(audiencePolicy(audience), collectFields(lines), target);

it('is the one name that is configured, whatever Host says', () => {
  expect(audienceOf('API.example.com:443', [])).toBe('api.example.com');
  expect(
    audienceOf(
      'a.example',
      [
        ['Host', 'b c'],
        ['Host', 'd'],
      ],
      'e.example',
    ),
  ).toBe('a.example');
});

it('is the addressed authority where a list holds it', () => {
  const list = ['A.example', 'b.example:8080'];
  expect(audienceOf(list, [['Host', 'a.EXAMPLE:80']])).toBe('a.example');
  expect(audienceOf(list, [['Host', 'b.example:8080']])).toBe('b.example:8080');
  expect(refusal(() => audienceOf(list, [['Host', 'b.example']]))).toBe('wrong-audience');
  expect(refusal(() => audienceOf(list, [['Host', 'a.example.evil']]))).toBe('wrong-audience');
});

it('is that of an absolute target before :authority, and that before Host', () => {
  const lines: [string, string][] = [
    ['Host', 'host.example'],
    [':authority', 'pseudo.example'],
  ];
  expect(audienceOf(ANY_HOST, lines, 'target.example')).toBe('target.example');
  expect(audienceOf(ANY_HOST, lines)).toBe('pseudo.example');
  expect(audienceOf(ANY_HOST, lines.slice(0, 1))).toBe('host.example');
});

it.each([
  [[]],
  [[['Host', '']]],
  [
    [
      ['Host', 'a'],
      ['host', 'a'],
    ],
  ],
  [[['Host', 'a b']]],
  [
    [
      ['Host', 'a'],
      ['HOST', 'b'],
    ],
  ],
])('cannot be had from the Host fields %j', (lines) => {
  expect(refusal(() => audienceOf(ANY_HOST, lines as [string, string][]))).toBe('malformed-request');
  expect(refusal(() => audienceOf(['a'], lines as [string, string][]))).toBe('malformed-request');
});

it.each([['a b'], [''], ['http://a'], [['a', '']], [[]], [['a', 1]], [1], [null], [undefined], [{}]])(
  'throws a TypeError that names the option for %j',
  (audience) => {
    expect(() => audiencePolicy(audience as Audience)).toThrow(TypeError);
    expect(() => audiencePolicy(audience as Audience)).toThrow(/^audience: /);
  },
);
