/** What came of requests, told in few words, and held against what the protocol promises. */

/** For example `1 admitted, 19 refused as replayed-nonce`: admissions first, then the most frequent. */
export function tellCodes(codes: Iterable<string>): string {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const rank = ([code, count]: readonly [string, number]): number => (code === 'admitted' ? Infinity : count);
  return [...counts]
    .sort((a, b) => rank(b) - rank(a))
    .map(([code, count]) => (code === 'admitted' ? `${count} admitted` : `${count} refused as ${code}`))
    .join(', ');
}

/** @throws Error that says what was promised and what came */
export function expectCodes(what: string, codes: Iterable<string>, promised: string): void {
  expectEqual(what, tellCodes(codes), promised);
}

/** @throws Error that says what was promised and what came */
export function expectEqual(what: string, came: string | number, promised: string | number): void {
  if (came !== promised) throw new Error(`broken promise: ${what}: expected ${promised}, got ${came}`);
}
