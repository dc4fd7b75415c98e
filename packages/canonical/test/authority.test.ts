import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalAuthority } from '../src/authority.js';

it.each([
  ['API.Example.com', 'api.example.com'],
  ['h:80', 'h'],
  ['h:443', 'h'],
  ['h:8080', 'h:8080'],
  ['h:1', 'h:1'],
  ['h:65535', 'h:65535'],
  ['127.0.0.1:80', '127.0.0.1'],
  ['a_b~c-d.', 'a_b~c-d.'],
  ['[::1]', '[::1]'],
  ['[2001:DB8::1]:443', '[2001:db8::1]'],
  ['[::FFFF:127.0.0.1]:81', '[::ffff:127.0.0.1]:81'],
  ['[0:0:0:0:0:0:0:1]', '[0:0:0:0:0:0:0:1]'],
  // A name is compared as text, also where no URL could have it.
  ['256.256.256.256', '256.256.256.256'],
  ['x'.repeat(255), 'x'.repeat(255)],
])('%j is written %j', (text, canonical) => {
  expect(canonicalAuthority(text)).toBe(canonical);
});

it.each([
  ...[
    '',
    ':80',
    'h:',
    'h:0',
    'h:00',
    'h:080',
    'h:65536',
    'h:99999',
    'h:100000',
    'h:+1',
    'h:8e3',
    'h:80:80',
    'u@h',
  ],
  ...['h ', ' h', 'h\n', 'h/a', 'h?', 'h#', 'a b', 'h\\', 'h%41', 'é', '\u212a', 'h,h', 'x'.repeat(256)],
  ...[
    '[',
    '[]',
    '[::',
    '::1',
    '[::1]a',
    '[::1]80',
    '[1:2:3]',
    '[::1::2]',
    '[12345::]',
    '[::1%25eth0]',
    '[v1.a]',
  ],
  ...['[::1.2.3]', '[1:2:3:4:5:6:7:8:9]', '[:]', '[...]', '[::256.0.0.1]'],
])('%j is not an authority', (text) => {
  expect(canonicalAuthority(text)).toBeUndefined();
});

it('is idempotent, lower-case, and never changes the host otherwise', () => {
  const units = fc.constantFrom('a', 'Z', '1', '0', '.', '-', ':', '8', '[', ']', '443', '80');
  fc.assert(
    fc.property(fc.string({ unit: units, maxLength: 12 }), (text) => {
      const canonical = canonicalAuthority(text);
      fc.pre(canonical !== undefined);
      expect(canonicalAuthority(canonical)).toBe(canonical);
      expect(text.toLowerCase().startsWith(canonical)).toBe(true);
      expect(['', ':80', ':443']).toContain(text.slice(canonical.length));
    }),
    { numRuns: 3000 },
  );
});
