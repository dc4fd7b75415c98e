/**
 * How often a property runs: what its test asks for, times the environment variable `COUNTERSIGN_RUNS` (default 1).
 */

/**
 * @param ordinary runs of an ordinary test run; 1 000 or more for a law
 * @throws RangeError when `COUNTERSIGN_RUNS` is not a positive number
 */
export function runs(ordinary: number): number {
  const { COUNTERSIGN_RUNS: text = '1' } = process.env;
  const factor = Number(text);
  if (!(factor > 0 && factor < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`COUNTERSIGN_RUNS: expected a positive number, got ${JSON.stringify(text)}`);
  }
  return Math.ceil(ordinary * factor);
}
