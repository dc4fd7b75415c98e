/** Two lines that differ, as people see them: what is invisible escaped, and marks under what differs. */

/** A line and the marks under it. */
interface MarkedLine {
  readonly text: string;
  readonly marks: string;
}

const SHOWN_AROUND = 40;
const ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\r': '\\r', '\n': '\\n', '\\': '\\\\' };

/** A line, or a piece of one, in printable ASCII: a backslash becomes two, spaces around the line are escaped. */
export function visible(line: string, from = 0, to: number = line.length): string {
  const first = line.length - line.trimStart().length;
  const last = line.trimEnd().length;
  let text = '';
  for (let at = from; at < to; at++) {
    const character = line[at] ?? '';
    if (character === ' ') text += at < first || at >= last ? '\\x20' : ' ';
    else text += ESCAPES[character] ?? (/[!-~]/.test(character) ? character : escaped(character));
  }
  return text;
}

/** Both lines, cut around what differs where they are long. */
export function markDifference(ours: string, theirs: string): readonly [MarkedLine, MarkedLine] {
  const shortest = Math.min(ours.length, theirs.length);
  let same = 0;
  while (same < shortest && ours[same] === theirs[same]) same++;
  let sameAtEnd = 0;
  while (sameAtEnd < shortest - same && ours.at(-1 - sameAtEnd) === theirs.at(-1 - sameAtEnd)) sameAtEnd++;
  return [mark(ours, same, ours.length - sameAtEnd), mark(theirs, same, theirs.length - sameAtEnd)];
}

function mark(line: string, from: number, to: number): MarkedLine {
  if (line === '') return { text: '(empty)', marks: '^' };
  const start = Math.max(0, from - SHOWN_AROUND);
  const cut = Math.min(to, from + 2 * SHOWN_AROUND);
  const end = Math.min(line.length, cut + SHOWN_AROUND);
  const before = (start > 0 ? '…' : '') + visible(line, start, from);
  const differing = visible(line, from, cut);
  const text = before + differing + visible(line, cut, end) + (end < line.length ? '…' : '');
  return { text, marks: ' '.repeat(before.length) + '^'.repeat(differing.length || 1) };
}

function escaped(character: string): string {
  const hex = character.charCodeAt(0).toString(16);
  return hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
