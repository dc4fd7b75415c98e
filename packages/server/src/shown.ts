/** Any value as text, for messages. Values that come from outside may refuse to be texts; showing them never throws. */

export function shown(value: unknown): string {
  try {
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  } catch {
    return typeof value;
  }
}
