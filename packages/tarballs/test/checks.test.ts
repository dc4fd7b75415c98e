/** The checks themselves: that they see what they are for, and how a page's blocks become modules. */
import { expect, it } from 'vitest';
import { contentComplaints } from '../src/contents.js';
import { ROOT } from '../src/workspace.js';

const map = (file: string, source: string): string => JSON.stringify({ version: 3, file, sources: [source] });

it('finds nothing wrong with what belongs into a tarball', () => {
  const files = {
    'dist/index.js': 'export {}; // https://example.com/home/x, ../tmp/x, </option>',
    'dist/index.js.map': map('index.js', '../src/index.ts'),
    'src/index.ts': 'export {}; // cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  };
  expect(contentComplaints(new Map(Object.entries(files)))).toEqual([]);
});

it.each([
  ['a test', 'dist/index.test.js', '', 'is not for users'],
  ['a folder of tests', 'test/index.ts', '', 'is not for users'],
  ['what the compiler keeps', 'dist/.tsbuildinfo', '', 'is not for users'],
  ['a hidden file', '.npmrc', '', 'is not for users'],
  ['the folder of the workspace', 'dist/a.js', `'${ROOT}x'`, 'names a place of a machine'],
  ['a home folder', 'dist/a.js', 'file:///home/jo/countersign/a.ts', 'names a place of a machine'],
  ['a folder on Windows', 'dist/a.js', '"C:\\\\Users\\\\jo"', 'names a place of a machine'],
  ['a private key', 'README.md', '-----BEGIN EC PRIVATE KEY-----', 'holds a credential'],
  ['a token of npm', 'README.md', `npm_${'a1'.repeat(18)}`, 'holds a credential'],
  ['a secret of ours', 'README.md', `cs1s_${'kT3x'.repeat(11)}`, 'holds cs1s_'],
  ['a map to nowhere', 'dist/a.js.map', map('a.js', '../src/gone.ts'), 'src/gone.ts is not in the tarball'],
  ['a map that leads out', 'dist/a.js.map', map('a.js', '../../../src/a.ts'), 'is not in the tarball'],
])('complains of %s', (_, path, text, complaint) => {
  const complaints = contentComplaints(
    new Map([
      ['dist/a.js', ''],
      [path, text],
    ]),
  );
  expect(complaints.join()).toContain(complaint);
});
