/**
 * Small damage to a text of bytes: what a broken or hostile hop makes of something that was right. One character stands for
 * one octet (ISO 8859-1).
 */
import fc from 'fast-check';

/** One piece of damage; `at` and `to` are parts of the text's length. */
export interface Edit {
  readonly kind: 'set' | 'insert' | 'cut' | 'double' | 'move' | 'swap-case' | 'truncate';
  readonly at: number;
  readonly to: number;
  readonly text: string;
}

/** What parsers are known to stumble over, and what the protocol gives a meaning. */
const TELLING = [
  ...'\0\t\n\r "#%&\'+,./:;=?@[\\]{}~\x7f\x80\xff',
  '\r\n',
  '\r\n ',
  '%00',
  '%2e',
  '%2F',
  '%5C',
  '%zz',
  '..',
  '//',
  '/../',
  ';a=1',
  '&a=2',
  '[x]',
  '0',
  'A',
  '\xe2\x84\xaa',
];

/** Edits; with `bytes`, of any octet, else such that stay in the text of a field. */
export function edits(maxLength = 4): fc.Arbitrary<readonly Edit[]> {
  const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  const kind = fc.constantFrom(
    'set',
    'set',
    'insert',
    'insert',
    'cut',
    'double',
    'move',
    'swap-case',
    'truncate',
  );
  const text = fc.oneof(
    fc.constantFrom(...TELLING),
    fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  );
  return fc.array(fc.record({ kind, at: place, to: place, text }), { minLength: 1, maxLength });
}

/** Carries the edits out, one after the other. */
export function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce(editOnce, text);
}

function editOnce(text: string, { kind, at, to, text: piece }: Edit): string {
  const start = Math.floor(Math.min(at, to) * text.length);
  // Ranges are short: who cuts half of a request sees its first check only.
  const end = Math.min(start + 1 + Math.floor(Math.abs(at - to) * 12), text.length);
  const [before, range, after] = [text.slice(0, start), text.slice(start, end), text.slice(end)];
  switch (kind) {
    case 'set':
      return before + piece + text.slice(start + 1);
    case 'insert':
      return before + piece + text.slice(start);
    case 'cut':
      return before + after;
    case 'double':
      return before + range + range + after;
    case 'move':
      return after + before + range;
    case 'swap-case':
      return before + swappedCase(range) + after;
    case 'truncate':
      return before;
  }
}

function swappedCase(text: string): string {
  return text.replace(/[A-Za-z]/g, (letter) =>
    letter < 'a' ? letter.toLowerCase() : String.fromCharCode(letter.charCodeAt(0) - 32),
  );
}
