/**
 * The header fields of a request as lines, and the value that is signed of one (spec 2.2, signed headers).
 * Lines are never joined: a field that stands twice cannot be signed.
 */
import { CanonicalError } from './errors.js';

/** Name and value of one field line, as they came. */
export type FieldLine = readonly [name: string, value: string];

/** The values of each field by its name in lower case, a value a line. */
export type Fields = ReadonlyMap<string, readonly string[]>;

const NON_ASCII = /[^\x00-\x7f]/;
const SIGNABLE_VALUE = /^[\t\x20-\x7e]*$/;

/** Sorts field lines by name. Takes `[name, value]` pairs or a Fetch `Headers`. */
export function collectFields(lines: Iterable<FieldLine>): Fields {
  const fields = new Map<string, string[]>();
  for (const [name, value] of lines) {
    // A character that lower-cases into ASCII (U+212A) must not become part of a name.
    const key = NON_ASCII.test(name) ? name : name.toLowerCase();
    const values = fields.get(key);
    if (values === undefined) fields.set(key, [value]);
    else values.push(value);
  }
  return fields;
}

/**
 * The value of the one line on which a signed field stands, without space and tab around it.
 *
 * @throws CanonicalError `malformed-request` when the field is absent, repeated, or not visible ASCII, space and tab
 */
export function signedValue(fields: Fields, name: string): string {
  const values = fields.get(name) ?? [];
  const [value] = values;
  if (value === undefined) {
    throw new CanonicalError('malformed-request', `the signed field ${name} is absent`);
  }
  if (values.length > 1) {
    throw new CanonicalError('malformed-request', `the signed field ${name} stands on several lines`);
  }
  if (!SIGNABLE_VALUE.test(value)) {
    throw new CanonicalError(
      'malformed-request',
      `the signed field ${name} holds a control or non-ASCII character`,
    );
  }
  return trimBlanks(value);
}

/** Trims space and tab. A loop, because a pattern for the end of the text is quadratic in hostile blanks. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t';
}
