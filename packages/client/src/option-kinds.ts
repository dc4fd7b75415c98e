/** The checks of options by their kind. A wrong one throws and names the option. */
import { wrongOption } from '@countersign/canonical';

/** @throws TypeError that names the option, when the value is of another type, or null */
export function requireType<T>(option: string, value: T, type: 'boolean' | 'function' | 'object'): T {
  if (typeof value === type && value !== null) return value;
  throw new TypeError(wrongOption(option, value, `of type ${type}`));
}

/** @throws TypeError that names the option, when the value is not a list */
export function requireList(option: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(wrongOption(option, value, 'a list'));
}

/** @throws RangeError that names the option, when the value is not a whole number in the range */
export function requireWhole(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(wrongOption(option, value, `a whole number from ${least} to ${most}`));
}
