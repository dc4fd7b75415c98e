/**
 * What another implementation says, as people find it: its canonical string in any form that `pastedCanonical` reads, or
 * the problem document of a server in debug mode (spec 8).
 */
import { type Difference, explainDifference, pastedCanonical } from '@countersign/canonical';

/** A canonical string, with what was put down to pasting; or the first difference as a server found it. */
export type Other =
  | { readonly text: string; readonly undone: readonly string[] }
  | { readonly difference: Partial<Difference> & { readonly cause: string } };

/** Reads what was pasted. Whatever is in no other form, such as the first lines alone, is taken as it stands. */
export function readOther(pasted: string): Other {
  const canonical = pastedCanonical(pasted);
  if (canonical !== undefined) return { text: canonical.text, undone: canonical.undone };
  if (pasted.trim().startsWith('{')) return readProblemDocument(pasted);
  return { text: pasted.replaceAll('\r\n', '\n'), undone: [] };
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
