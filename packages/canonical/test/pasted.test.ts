import { describe, expect, it } from 'vitest';
import { canonicalize } from '../src/canonical-string.js';
import { formatDebug } from '../src/debug-field.js';
import { pastedCanonical } from '../src/pasted.js';

const parts = {
  ...{
    method: 'POST',
    audience: 'api.example.com',
    path: '/v1/orders',
    query: 'a=1',
    digest: '0'.repeat(64),
  },
  ...{ ts: '1763750000000', nonce: '0f8fad5b-d9cb-469f-a165-70867728950e', key: 'k', scope: 'orders' },
  headers: [['content-type', 'text/plain']],
} as const;
const TEXT = canonicalize(parts);
const BARE = canonicalize({ ...parts, scope: '', headers: [] });
const numbered = (text: string, gap = '  ') =>
  text
    .split('\n')
    .map((line, at) => (line === '' ? `${at + 1}` : `${String(at + 1).padStart(3)}${gap}${line}`))
    .join('\n');

describe('a pasted canonical string is read', () => {
  it('as it stands, whatever its scheme may be as long as its lines are those of one', () => {
    for (const text of [
      TEXT,
      BARE,
      TEXT.replace('CS1-HMAC-SHA256', 'CS1-X'),
      TEXT.replace('CS1-HMAC-SHA256', 'x'),
    ]) {
      expect(pastedCanonical(text)).toEqual({ text, readAs: [], undone: [] });
    }
    const empty = canonicalize({ ...parts, path: '/', query: '' });
    expect(pastedCanonical(empty)).toEqual({ text: empty, readAs: [], undone: [] });
  });

  it.each<[string, string, string[], string[]]>([
    ['the value of the debug field', formatDebug(TEXT) ?? '', ['the value of countersign-debug'], []],
    ['the same with space around it', ` ${formatDebug(TEXT)}\n`, ['the value of countersign-debug'], []],
    ['a JSON string', JSON.stringify(TEXT), ['a JSON string'], []],
    [
      'a member of a JSON object',
      ` ${JSON.stringify({ canonical: TEXT, other: 1 }, null, 2)}`,
      ['the member canonical of a JSON object'],
      [],
    ],
    ['single quotes', ` '${TEXT}' \n`, ['quotes taken off'], []],
    ['backquotes', `\`${TEXT}\``, ['quotes taken off'], []],
    ['double quotes around what is no JSON', `"${TEXT}"`, ['quotes taken off'], []],
    [
      'line feeds of two characters',
      TEXT.replaceAll('\n', '\\n'),
      ['each \\n of two characters read as a line feed'],
      [],
    ],
    [
      'both ends of a line of two characters each',
      TEXT.replaceAll('\n', '\\r\\n'),
      ['each \\n of two characters read as a line feed'],
      ['CR LF read as LF'],
    ],
    [
      'line feeds of two characters, and one at its end',
      `${TEXT.replaceAll('\n', '\\n')}\n`,
      ['each \\n of two characters read as a line feed'],
      ['a line feed at its end taken off'],
    ],
    ['line numbers', numbered(TEXT), ['line numbers taken off'], []],
    ['line numbers and one space', `${numbered(TEXT, ' ')}\n`, ['line numbers taken off'], []],
    ['a byte order mark', `\ufeff${TEXT}`, [], ['a byte order mark taken off']],
    ['CR LF', TEXT.replaceAll('\n', '\r\n'), [], ['CR LF read as LF']],
    ['empty lines before it', `\n\n${TEXT}`, [], ['empty lines before it taken off']],
    ['line feeds at its end', `${TEXT}\n\n`, [], ['a line feed at its end taken off']],
  ])('from %s', (_, pasted, readAs, undone) => {
    expect(pastedCanonical(pasted)).toEqual({ text: TEXT, readAs, undone });
  });

  it.each([
    ['a byte order mark in its middle', TEXT.replace('/v1', '/\ufeffv1')],
    ['a value that holds a backslash and an n', TEXT.replace('text/plain', 'a\\nb')],
    ['no time', TEXT.replace('1763750000000', 't')],
    ['something before a quote', `x'${TEXT}'`],
    ['something behind a quote', `'${TEXT}'x`],
  ])('as it stands, with %s', (_, text) => {
    expect(pastedCanonical(text)).toEqual({ text, readAs: [], undone: [] });
  });

  it('with the line of an empty scope, which editors cut off or add to', () => {
    expect(pastedCanonical(BARE.slice(0, -1))).toEqual({
      text: BARE,
      readAs: [],
      undone: ['the line of an empty scope, cut off at its end, put back'],
    });
    expect(pastedCanonical(`${BARE}\n`)).toEqual({
      text: BARE,
      readAs: [],
      undone: ['a line feed at its end taken off'],
    });
    expect(pastedCanonical(numbered(BARE))).toEqual({
      text: BARE,
      readAs: ['line numbers taken off'],
      undone: [],
    });
  });

  it('with as many fields as can be signed', () => {
    const headers = Array.from({ length: 16 }, (_, i) => [`x-${i + 10}`, ''] as const);
    const text = canonicalize({ ...parts, headers });
    expect(pastedCanonical(`${text}\n\n`)?.text).toBe(text);
    expect(pastedCanonical(`${text}\nx-a:1\nx-b:1`)?.text.split('\n')).toHaveLength(28);
    expect(pastedCanonical(`${text}\nx-a:1\nx-b:1\nx-c:1`)).toBeUndefined();
  });
});

describe('nothing is read', () => {
  it.each([
    ['nothing', ''],
    ['white space', ' \n '],
    ['too few lines', TEXT.split('\n').slice(0, 8).join('\n')],
    ['ten lines of something else', 'x\n'.repeat(10)],
    ['ten numbered lines of something else', numbered('x\n'.repeat(9))],
    ['lines that are not numbered from 1', numbered(`x\n${TEXT}`).split('\n').slice(1).join('\n')],
    ['lines of which one has no number', numbered(TEXT).replace('  2  ', '')],
    [
      'a time with something behind it',
      TEXT.replace('CS1-HMAC-SHA256', 'x').replace('1763750000000', '1763750000000x'),
    ],
    ['lines with something before their numbers', numbered(TEXT).replace(/^/gm, 'x')],
    ['a numbered line with a line separator', numbered(TEXT.replace('/v1', '/\u2028v1'))],
    ['a JSON text that is none', '{"canonical": '],
    ['a JSON object without it', JSON.stringify({ text: 'x' })],
    ['a JSON object with another kind of it', JSON.stringify({ canonical: 7 })],
    ['JSON null', ' null'],
    ['a time with something beside it', TEXT.replace('CS1-HMAC-SHA256', 'x').replace('1763750000000', 't=1')],
    ['a debug field of something else', formatDebug('something else') ?? ''],
  ])('from %s', (_, pasted) => {
    expect(pastedCanonical(pasted)).toBeUndefined();
  });

  it('from more than 131,072 characters', () => {
    expect(pastedCanonical(TEXT.padEnd(131_072, 'x'))?.text).toHaveLength(131_072);
    expect(pastedCanonical(TEXT.padEnd(131_073, 'x'))).toBeUndefined();
  });
});
