/**
 * A canonical string as people paste it: from a log, a JSON document, a listing, a file that an editor saved. Undoes what
 * pasting did and says so; what a signer did stays as it is. For tools that explain: signers and verifiers read none.
 */
import { SCHEME } from './authorization.js';
import { parseDebug } from './debug-field.js';
import { MAX_SIGNED_FIELDS } from './field-names.js';

/** A text taken for a canonical string. */
export interface PastedText {
  /** The canonical string. */
  readonly text: string;
  /** The form it was in, each step as it is told. */
  readonly readAs: readonly string[];
  /** What pasting was taken to have done to it, likewise. It matters if a signer did it. */
  readonly undone: readonly string[];
}

const LINES_BEFORE_HEADERS = 10;
const MOST_LINES = LINES_BEFORE_HEADERS + MAX_SIGNED_FIELDS + 2;
const TIME_LINE = 6;
/** A request head has 16 KiB, and each of its octets is pasted as six characters at most. */
const MOST_CHARACTERS = 131_072;

/**
 * The canonical string in `pasted`: as it stands, quoted, with `\n` as two characters, with line numbers, in JSON (a
 * string, or the member `canonical`), or as the value of `Countersign-Debug`. `undefined` when there is none to be seen.
 */
export function pastedCanonical(pasted: string): PastedText | undefined {
  if (pasted.length > MOST_CHARACTERS) return undefined;
  const readAs: string[] = [];
  const undone: string[] = [];
  const noting = (after: string, before: string, what: string, list = undone): string => {
    if (after !== before) list.push(what);
    return after;
  };
  const sent = parseDebug(pasted.trim());
  if (sent?.startsWith(SCHEME)) return { text: sent, readAs: ['the value of countersign-debug'], undone: [] };
  let text = noting(pasted.replace(/^\ufeff/, ''), pasted, 'a byte order mark taken off');
  text = fromJson(text, readAs) ?? noting(unquoted(text), text, 'quotes taken off', readAs);
  if (!text.trim().includes('\n')) {
    text = noting(
      text.replaceAll('\\r', '\r').replaceAll('\\n', '\n'),
      text,
      'each \\n of two characters read as a line feed',
      readAs,
    );
  }
  text = noting(text.replaceAll('\r\n', '\n'), text, 'CR LF read as LF');
  text = noting(text.replace(/^\n+/, ''), text, 'empty lines before it taken off');
  const lines = text.split('\n');
  if (!isCanonical(lines)) {
    const unnumbered = withoutNumbers(lines);
    if (unnumbered === undefined || !isCanonical(unnumbered)) return undefined;
    readAs.push('line numbers taken off');
    lines.splice(0, lines.length, ...unnumbered);
  }
  const before = lines.length;
  while (lines.length > LINES_BEFORE_HEADERS && lines.at(-1) === '') lines.pop();
  if (lines.length < before) undone.push('a line feed at its end taken off');
  if (lines.length === LINES_BEFORE_HEADERS - 1) {
    lines.push('');
    undone.push('the line of an empty scope, cut off at its end, put back');
  }
  return { text: lines.join('\n'), readAs, undone };
}

function isCanonical(lines: readonly string[]): boolean {
  if (lines.length > MOST_LINES || lines.length < LINES_BEFORE_HEADERS - 1) return false;
  return lines[0]?.startsWith('CS1') === true || /^\s*\d+\s*$/.test(lines[TIME_LINE] ?? '');
}

/** A JSON text, or the member `canonical` of a JSON object. */
function fromJson(text: string, readAs: string[]): string | undefined {
  if (!/^\s*["{]/.test(text)) return undefined;
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === 'string') {
      readAs.push('a JSON string');
      return read;
    }
    if (
      typeof read === 'object' &&
      read !== null &&
      'canonical' in read &&
      typeof read.canonical === 'string'
    ) {
      readAs.push('the member canonical of a JSON object');
      return read.canonical;
    }
  } catch {
    // Not JSON, then.
  }
  return undefined;
}

function unquoted(text: string): string {
  return /^\s*(["'`])(.*)\1\s*$/s.exec(text)?.[2] ?? text;
}

/** The lines of a listing such as `verify --explain` prints; `undefined` when they are not numbered from 1. */
function withoutNumbers(lines: readonly string[]): string[] | undefined {
  const filled = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  const read = filled.map((line, at) => {
    const [, number, rest] = /^ *(\d+)(?:$| {1,2}(.*)$)/.exec(line) ?? [];
    return Number(number) === at + 1 ? (rest ?? '') : undefined;
  });
  return read.every((line) => line !== undefined) ? read : undefined;
}
