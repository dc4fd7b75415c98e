/**
 * What is said of a wrong option: its name, the value, and what it should have been. Texts and numbers are quoted,
 * anything else is named by its type: bytes may be a secret.
 */

/** The message of the TypeError or RangeError. */
export function wrongOption(option: string, value: unknown, expected: string): string {
  const mayBeSecret = Object(value) === value;
  const shown =
    typeof value === 'string' ? JSON.stringify(value) : mayBeSecret ? typeof value : String(value);
  return `${option}: ${shown} is not ${expected}`;
}

/** @throws TypeError that names the option, when the value is not a text that fits */
export function requireText(
  option: string,
  value: unknown,
  fits: (text: string) => boolean,
  expected: string,
): string {
  if (typeof value === 'string' && fits(value)) return value;
  throw new TypeError(wrongOption(option, value, expected));
}
