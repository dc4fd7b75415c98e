/** How fast a probe may send. A burst is sent at once and paid for afterwards, so that the rate holds on the whole. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Pace {
  /** Waits until so many requests may be sent. */
  readonly take: (requests: number) => Promise<void>;
}

/** @param perSecond absent: as fast as it goes */
export function createPace(
  perSecond: number | undefined,
  wait: (waitMs: number) => Promise<unknown> = sleep,
  now: () => number = () => performance.now(),
): Pace {
  let freeAtMs = Number.NEGATIVE_INFINITY;
  return {
    take: async (requests) => {
      if (perSecond === undefined) return;
      const startMs = Math.max(freeAtMs, now());
      freeAtMs = startMs + (requests * 1000) / perSecond;
      const waitMs = startMs - now();
      if (waitMs > 0) await wait(waitMs);
    },
  };
}
