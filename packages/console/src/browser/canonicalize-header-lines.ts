/**
 * The text of the header lines, taken apart: one `Name: value` a line, and where each stands. The one space after the
 * colon is no part of the value; all else is left to the canonicalizer, which says what it may be.
 */
import { collectFields } from '@countersign/canonical';
import { readControls } from './canonicalize-draft.js';

/** One line of the text. Places are counted in the shown text. */
export interface HeaderLine {
  readonly name: string;
  /** In lower case, as the canonicalizer lowers it. */
  readonly lowerName: string;
  readonly value: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/**
 * Takes the text apart. Empty lines do not count.
 *
 * @throws TypeError for a line without a colon
 */
export function parseHeaderLines(text: string): HeaderLine[] {
  const lines: HeaderLine[] = [];
  let start = 0;
  for (const line of text.split('\n')) {
    if (line !== '') lines.push(parseLine(line, start));
    start += line.length + 1;
  }
  return lines;
}

function parseLine(line: string, start: number): HeaderLine {
  // A colon in front belongs to the name: `:authority` is HTTP/2's.
  const colon = line.indexOf(':', 1);
  if (colon < 0) {
    throw new TypeError(`headers: ${JSON.stringify(line.slice(0, 40))} has no colon: expected Name: value`);
  }
  const name = readControls(line.slice(0, colon));
  const valueAt = colon + (line[colon + 1] === ' ' ? 2 : 1);
  const value = readControls(line.slice(valueAt));
  const [lowerName = ''] = collectFields([[name, value]]).names;
  return { name, lowerName, value, start, valueStart: start + valueAt, end: start + line.length };
}
