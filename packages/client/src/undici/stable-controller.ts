/**
 * The one controller that the caller's handler sees through all attempts. It forwards to the attempt whose
 * answer the handler gets; before there is one, an abort ends attempts and waits by its signal.
 */
import type { Dispatcher } from 'undici';

export interface StableController extends Dispatcher.DispatchController {
  /** Aborts with the reason that the handler gave. */
  readonly signal: AbortSignal;
  /** Makes this the attempt whose answer the handler gets. */
  attach(target: Dispatcher.DispatchController): void;
}

export function createStableController(): StableController {
  const aborter = new AbortController();
  let target: Dispatcher.DispatchController | undefined;
  let paused = false;
  return {
    signal: aborter.signal,
    attach: (next) => {
      target = next;
      if (aborter.signal.aborted) next.abort(aborter.signal.reason);
    },
    abort: (reason) => {
      if (aborter.signal.aborted) return;
      aborter.abort(reason);
      target?.abort(reason);
    },
    pause: () => {
      paused = true;
      target?.pause();
    },
    resume: () => {
      paused = false;
      target?.resume();
    },
    get aborted() {
      return aborter.signal.aborted;
    },
    get paused() {
      return paused;
    },
    get reason() {
      return aborter.signal.aborted ? aborter.signal.reason : null;
    },
    get rawHeaders() {
      return target?.rawHeaders ?? null;
    },
    get rawTrailers() {
      return target?.rawTrailers ?? null;
    },
  };
}
