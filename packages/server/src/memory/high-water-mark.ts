/**
 * Keeps the promise of a mark file: nothing signed after the durable mark has been admitted. It writes marks ahead of
 * what is admitted, in the background, and lets an admission above the mark wait for its write. It admits nothing.
 */
import type { MarkFile } from './mark-file.js';

export interface HighWaterMark {
  /** Whatever was signed at or before this time may have been admitted by an earlier process. */
  readonly startMs: number;
  /** Whether this signed time may be admitted, or declared dead, now. Begins the next write in time. */
  readonly covers: (signedAtMs: number, nowMs: number) => boolean;
  /** After `covers` has said no: waits until it would say yes, `withinMs` at most. `undefined` then, else why not. */
  readonly reach: (signedAtMs: number, withinMs?: number) => Promise<string | undefined>;
  /** Brings the mark down to the greatest time that was decided about, when nothing will be admitted any more. */
  readonly settle: (decidedMs: number) => Promise<void>;
}

/** How far ahead a mark is written: what a crash costs, and how seldom the file is written. */
const LEAD_MS = 2_000;
const MAX_WAIT_MS = 200;

interface Waiter {
  readonly signedAtMs: number;
  readonly resolve: (reason: string | undefined) => void;
}

/** @param futureMs of the acceptance window */
export function createHighWaterMark(
  file: MarkFile,
  nowMs: number,
  futureMs: number,
  onWarning: (message: string) => void,
): HighWaterMark {
  const startMs = Math.max(...file.marks, ...(file.intact ? [] : [nowMs + futureMs]));
  warnOfStart(file, startMs, nowMs, nowMs + futureMs + LEAD_MS, onWarning);

  let durableMs = Number.NEGATIVE_INFINITY;
  let wantedMs = Number.NEGATIVE_INFINITY;
  // Before the first admission a damaged file is made whole: both records are written.
  let writesLeft = file.intact ? 1 : 2;
  let writing: Promise<void> | undefined;
  let failing = false;
  const waiters = new Set<Waiter>();

  const answer = (reason: string | undefined): void => {
    for (const waiter of waiters) {
      if (reason === undefined && waiter.signedAtMs > durableMs) continue;
      waiters.delete(waiter);
      waiter.resolve(reason);
    }
  };
  const writeWanted = async (): Promise<void> => {
    try {
      while (durableMs < wantedMs) {
        const markMs = wantedMs;
        for (; writesLeft > 0; writesLeft--) await file.write(markMs);
        durableMs = markMs;
        writesLeft = 1;
        failing = false;
        answer(undefined);
      }
    } catch (error) {
      const reason = `horizonFile: cannot write ${file.path}: ${String(error)}`;
      if (!failing) onWarning(reason);
      failing = true;
      // The next admission asks again.
      wantedMs = durableMs;
      answer(reason);
    } finally {
      writing = undefined;
    }
  };
  const want = (markMs: number): void => {
    // Never below the start: after a first write that failed, a lower mark would unsay what an earlier process said.
    wantedMs = Math.max(wantedMs, startMs, markMs);
    if (durableMs < wantedMs) writing ??= writeWanted();
  };
  want(nowMs + LEAD_MS);

  return {
    startMs,
    covers: (signedAtMs, nowMs) => {
      if (signedAtMs > wantedMs - LEAD_MS / 2) want(Math.max(signedAtMs, nowMs) + LEAD_MS);
      return signedAtMs <= durableMs;
    },
    reach: (signedAtMs, withinMs = MAX_WAIT_MS) =>
      new Promise((resolve) => {
        const waiter = { signedAtMs, resolve: finish };
        const waitMs = Math.min(withinMs, MAX_WAIT_MS);
        const timer = setTimeout(finish, waitMs, `horizonFile: ${file.path} took over ${waitMs} ms`);
        timer.unref();
        waiters.add(waiter);

        function finish(reason: string | undefined): void {
          clearTimeout(timer);
          waiters.delete(waiter);
          resolve(reason);
        }
      }),
    settle: async (decidedMs) => {
      await writing;
      const markMs = Math.max(startMs, decidedMs);
      try {
        // Both, for the greater of the two counts at the next start.
        await file.write(markMs);
        await file.write(markMs);
      } catch (error) {
        onWarning(`horizonFile: cannot write ${file.path}: ${String(error)}`);
      }
    },
  };
}

function warnOfStart(
  { path, intact, marks }: MarkFile,
  startMs: number,
  nowMs: number,
  expectedMs: number,
  onWarning: (message: string) => void,
): void {
  const refused = `what was signed until ${new Date(startMs).toISOString()} is refused, for ${startMs - nowMs} ms from now`;
  if (!intact) {
    const fault = marks.length === 0 ? 'holds no mark, as when it is new' : 'is damaged';
    onWarning(`horizonFile: ${path} ${fault}: ${refused}`);
  } else if (startMs > expectedMs) {
    onWarning(
      `horizonFile: the mark in ${path} lies ahead of the clock: ${refused}. If the clock is right now and was wrong then, and nothing recorded then can be played back, remove the file`,
    );
  }
}
