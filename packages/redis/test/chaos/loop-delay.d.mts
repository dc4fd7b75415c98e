/** How long this process could not run: for its own work, or because the machine gave it no time. */
export function loopDelay(): {
  /** All delays so far, with the one that may be going on. */
  totalMs(): number;
  /** Since it was asked last. */
  takeWorstMs(): number;
};
