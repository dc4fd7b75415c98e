/**
 * The header fields of a request as lines, and the value that is signed of one (spec 2.2, signed headers).
 * Lines are never joined: a field that stands twice cannot be signed.
 */
import { CanonicalError } from './errors.js';

/** Name and value of one field line, as they came. */
export type FieldLine = readonly [name: string, value: string];

/**
 * The field lines of a request by name. Two arrays that are searched through: a request has some ten lines, and that
 * is done before a Map of them is made.
 */
export interface Fields {
  /** In lower case, one a line, in the order of the lines. */
  readonly names: readonly string[];
  /** Whether there is such a field. @param name in lower case */
  has(name: string): boolean;
  /** The values of the lines of this name, in their order. @param name in lower case */
  get(name: string): readonly string[];
}

/** The one character beyond ASCII that lower-cases into ASCII. It must not become part of a name. */
const KELVIN_SIGN = '\u212a';
const SIGNABLE_VALUE = /^[\t\x20-\x7e]*$/;

/** Takes up field lines: `[name, value]` pairs, or a Fetch `Headers`. */
export function collectFields(lines: Iterable<FieldLine>): Fields {
  const names: string[] = [];
  const values: string[] = [];
  for (const [name, value] of lines) {
    names.push(name.includes(KELVIN_SIGN) ? name : name.toLowerCase());
    values.push(value);
  }
  return {
    names,
    has: (name) => names.includes(name),
    get: (name) => {
      const found: string[] = [];
      for (let line = names.indexOf(name); line >= 0; line = names.indexOf(name, line + 1)) {
        found.push(values[line] ?? '');
      }
      return found;
    },
  };
}

/**
 * The value of the one line on which a signed field stands, without space and tab around it.
 *
 * @throws CanonicalError `malformed-request` when the field is absent, repeated, or not visible ASCII, space and tab
 */
export function signedValue(fields: Fields, name: string): string {
  const values = fields.get(name);
  const [value] = values;
  if (value === undefined) {
    throw new CanonicalError('malformed-request', `the signed field ${name} is absent`);
  }
  if (values.length > 1) {
    throw new CanonicalError('malformed-request', `the signed field ${name} stands on several lines`);
  }
  return canonicalValue(name, value);
}

/**
 * The value of a signed field without space and tab around it.
 *
 * @throws CanonicalError `malformed-request` when it is not visible ASCII, space and tab
 */
export function canonicalValue(name: string, value: string): string {
  if (!SIGNABLE_VALUE.test(value)) {
    throw new CanonicalError(
      'malformed-request',
      `the signed field ${name} holds a control or non-ASCII character`,
    );
  }
  // Nothing but space and tab is left to trim.
  return value.trim();
}
