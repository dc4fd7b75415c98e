/** The checks of options that are functions, switches or groups of options. Counts are `whole-number.ts`'s. */
import { shown } from './shown.js';

/** @throws TypeError that names the option, when the value is not a function */
export function requireFunction<T>(option: string, value: T): T {
  if (typeof value === 'function') return value;
  throw new TypeError(`${option}: expected a function, got ${shown(value)}`);
}

/** @throws TypeError that names the option, when the value is neither true nor false */
export function requireBoolean(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${option}: expected true or false, got ${shown(value)}`);
}

/** @throws TypeError that names the option, when the value is not an object, or is a list, Map or Set: nothing would be found in it */
export function requireObject<T extends object>(option: string, value: T): T {
  if (typeof value === 'object' && value !== null && !(Symbol.iterator in value)) return value;
  throw new TypeError(`${option}: expected an object, got ${shown(value)}`);
}
