/** How long this process could not run: for its own work, or because the machine gave it no time. */

const TICK_MS = 10;

export function loopDelay() {
  let tickedMs = performance.now();
  let totalMs = 0;
  let worstMs = 0;
  const since = () => Math.max(0, performance.now() - tickedMs - TICK_MS);
  const timer = setInterval(() => {
    const delayMs = since();
    totalMs += delayMs;
    worstMs = Math.max(worstMs, delayMs);
    tickedMs = performance.now();
  }, TICK_MS);
  timer.unref();
  return {
    /** All delays so far, with the one that may be going on. */
    totalMs: () => totalMs + since(),
    /** Since it was asked last. */
    takeWorstMs: () => {
      const worst = Math.max(worstMs, since());
      worstMs = 0;
      return worst;
    },
  };
}
