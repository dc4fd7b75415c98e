/**
 * Small damage to a text of bytes: what a broken or hostile hop makes of something that was right. One character stands for
 * one octet (ISO 8859-1).
 */
import fc from 'fast-check';

/** One piece of damage: where, in ten-thousandths of the text; how many characters; what is put in. */
export interface Edit {
  readonly kind: 'set' | 'insert' | 'cut' | 'double' | 'move' | 'swap-case' | 'truncate';
  readonly at: number;
  readonly length: number;
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

const PLACES = 10_000;

/** One to so many edits. */
export function edits(maxLength = 4): fc.Arbitrary<readonly Edit[]> {
  // Without the bias to ends that fast-check gives numbers: every place is as good as the first.
  const at = fc.noBias(fc.nat(PLACES - 1));
  const length = fc.integer({ min: 1, max: 12 });
  const kind = fc.constantFrom(
    ...(['set', 'set', 'set', 'insert', 'insert', 'insert', 'swap-case', 'swap-case', 'cut', 'cut'] as const),
    ...(['double', 'double', 'move', 'truncate'] as const),
  );
  const text = fc.oneof(
    fc.constantFrom(...TELLING),
    fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  );
  return fc.array(fc.record({ kind, at, length, text }), { minLength: 1, maxLength });
}

/** Carries the edits out, one after the other. */
export function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce(editOnce, text);
}

function editOnce(text: string, { kind, at, length, text: piece }: Edit): string {
  const start = Math.floor((at * text.length) / PLACES);
  const end = Math.min(start + length, text.length);
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
