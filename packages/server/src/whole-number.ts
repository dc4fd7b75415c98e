/** The check of options that are counts, sizes or times. */
import { shown } from './shown.js';

/**
 * @param option how the error names it
 * @throws RangeError when the value is not a whole number in the range
 */
export function requireWhole(option: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${option}: expected a whole number from ${least} to ${most}, got ${shown(value)}`);
}
