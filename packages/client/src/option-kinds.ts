/** The checks of options by their kind. A wrong one throws and names the option; nothing that could be a secret is quoted. */

/** A value as errors show it. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : typeof value;
}

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

/** @throws TypeError that names the option, when the value is not an object */
export function requireObject<T extends object>(option: string, value: T): T {
  if (typeof value === 'object' && value !== null) return value;
  throw new TypeError(`${option}: expected an object, got ${shown(value)}`);
}

/** @throws TypeError that names the option, when the value is not a list */
export function requireList<T>(option: string, value: readonly T[]): readonly T[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`${option}: expected a list, got ${shown(value)}`);
}

/** @throws RangeError that names the option, when the value is not a whole number in the range */
export function requireWhole(option: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${option}: expected a whole number from ${least} to ${most}, got ${String(value)}`);
}
