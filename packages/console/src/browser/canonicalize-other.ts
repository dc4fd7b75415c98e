/**
 * What another implementation says, as people find it: its canonical string as text, as a quoted string of a log, as the
 * value of `Countersign-Debug`, or in the problem document of a server in debug mode (spec 8).
 */
import { type Difference, explainDifference, parseDebug, SCHEME } from '@countersign/canonical';

/** A whole canonical string, or the first difference as a server found it. */
export type Other =
  | { readonly text: string }
  | { readonly difference: Partial<Difference> & { readonly cause: string } };

/** Reads what was pasted. Whatever is in none of the other forms is a canonical string as it stands. */
export function readOther(pasted: string): Other {
  const trimmed = pasted.trim();
  if (trimmed.startsWith('{')) return readProblemDocument(trimmed);
  const decoded = parseDebug(trimmed);
  if (decoded?.startsWith(SCHEME)) return { text: decoded };
  if (/^".*"$/.test(trimmed)) return { text: unquoted(trimmed) };
  // A log writes it on one line.
  if (!trimmed.includes('\n') && trimmed.includes('\\n')) return { text: trimmed.replaceAll('\\n', '\n') };
  return { text: pasted.replaceAll('\r\n', '\n') };
}

/** The first difference between the page's string and another's. */
export function differenceFrom(
  text: string,
  other: string,
  otherIs: 'client' | 'server',
): Difference | undefined {
  return otherIs === 'client' ? explainDifference(other, text) : explainDifference(text, other);
}

/** Where two lines differ: what is the same in front and behind is left out. */
export function differingSpan(line: string, other: string): { start: number; end: number } {
  const shorter = Math.min(line.length, other.length);
  let start = 0;
  while (start < shorter && line[start] === other[start]) start++;
  let same = 0;
  while (same < shorter - start && line.at(-1 - same) === other.at(-1 - same)) same++;
  return { start, end: line.length - same };
}

function readProblemDocument(text: string): Other {
  const document = parseJson(text);
  const debug = isObject(document) ? document['debug'] : undefined;
  if (!isObject(debug) || typeof debug['cause'] !== 'string') {
    throw new TypeError(
      'this JSON has no debug member with a cause: client and server must both be in debug mode',
    );
  }
  const { line, part, client, server, cause } = debug;
  return {
    difference: {
      cause,
      ...(typeof line === 'number' ? { line } : {}),
      ...(typeof part === 'string' ? { part } : {}),
      ...(typeof client === 'string' ? { client } : {}),
      ...(typeof server === 'string' ? { server } : {}),
    },
  };
}

function unquoted(text: string): string {
  const value = parseJson(text);
  return typeof value === 'string' ? value : text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError('this looks like JSON and is not');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
