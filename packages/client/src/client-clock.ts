/**
 * The correction of the client's clock (spec 4). One offset a signer, shared by all its calls. It reads no clock
 * and decides nothing: `retry.ts` says when a verdict may correct it.
 */

/** What is added to the local clock when a signature is made. */
export interface ClientClock {
  /** Milliseconds; 0 until a verdict has corrected it. */
  offsetMs: number;
}

/**
 * The offset that an authentic verdict about one signature leaves.
 *
 * The server wrote `timeMs` between the moment at which this signature was made and `receivedAtMs`, so the true
 * offset lies in an interval as wide as that time was long. The offset nearest to the present one is taken: a verdict
 * that was held back or played again widens the interval, and so moves the clock less, never further.
 *
 * @param presentMs the offset in use
 * @param timeMs the server's clock in the verdict
 * @param receivedAtMs the local clock when it arrived
 * @param elapsedMs since the signature was made
 */
export function correctedOffsetMs(
  presentMs: number,
  timeMs: number,
  receivedAtMs: number,
  elapsedMs: number,
): number {
  const lowestMs = timeMs - receivedAtMs;
  return Math.min(Math.max(presentMs, lowestMs), lowestMs + elapsedMs);
}
