/** The header fields of an undici request, in whichever of its forms, as field lines. */
import type { FieldLine } from '@countersign/canonical';

/**
 * Reads a `headers` option of undici: an object (arrays are several lines), a flat array, or pairs. Undefined values
 * are left out.
 *
 * @throws TypeError for a flat array of odd length
 */
export function headerLines(headers: unknown): FieldLine[] {
  if (headers === undefined || headers === null) return [];
  const lines: FieldLine[] = [];
  const add = (name: unknown, value: unknown): void => {
    if (value === undefined) return;
    for (const one of Array.isArray(value) ? value : [value]) lines.push([text(name), text(one)]);
  };
  if (Array.isArray(headers) && !Array.isArray(headers[0])) {
    if (headers.length % 2 === 1) throw new TypeError('headers: a flat array needs a value for each name');
    for (let i = 0; i < headers.length; i += 2) add(headers[i], headers[i + 1]);
  } else {
    const pairs = isIterable(headers) ? headers : Object.entries(headers as object);
    for (const pair of pairs) {
      if (!Array.isArray(pair)) throw new TypeError('headers: expected [name, value] pairs');
      add(pair[0], pair[1]);
    }
  }
  return lines;
}

function text(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('latin1') : String(value ?? '');
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
