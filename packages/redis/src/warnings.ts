/** Warnings for the operator that may come as often as requests do. */

/** @param kind of each kind at most one is told in ten seconds */
export type Warn = (kind: string, message: string) => void;

const AGAIN_MS = 10_000;

export function sparingly(onWarning: (message: string) => void): Warn {
  const lastMs = new Map<string, number>();
  return (kind, message) => {
    const nowMs = performance.now();
    if (nowMs - (lastMs.get(kind) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return;
    lastMs.set(kind, nowMs);
    onWarning(`redis: ${message}`);
  };
}
