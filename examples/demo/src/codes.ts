/** Counts of codes, and how they are told in few words. */

export function countCodes(codes: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}

/** For example `49 replayed-nonce, 1 admitted`: the most frequent first. */
export function tellCodes(codes: Iterable<string>): string {
  const counts = [...countCodes(codes)].sort(([, a], [, b]) => b - a);
  return counts.map(([code, count]) => `${count} ${code}`).join(', ');
}
