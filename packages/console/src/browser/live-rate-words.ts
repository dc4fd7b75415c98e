/** Rates in words, for people. */

const UNITS: readonly (readonly [ms: number, one: string, short: string])[] = [
  [86_400_000, 'day', 'd'],
  [3_600_000, 'hour', 'h'],
  [60_000, 'minute', 'min'],
  [1_000, 'second', 's'],
];

/** A window as in `60 per minute` or `5 per 10 s`. */
export function perWindow(windowMs: number): string {
  for (const [ms, one, short] of UNITS) {
    if (windowMs === ms) return `per ${one}`;
    if (windowMs % ms === 0) return `per ${windowMs / ms} ${short}`;
  }
  return `per ${windowMs} ms`;
}

/** A time that has passed, as in `12 s ago`. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 2) return 'just now';
  return seconds < 100 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}
