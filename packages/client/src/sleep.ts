/**
 * Waiting that an AbortSignal can end. The timer keeps a process alive, because a call is waiting for it; nothing
 * outlives its call.
 */

/** Waits at least so long. Rejects with the signal's reason. */
export function sleep(waitMs: number, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const slept = new Promise<void>((resolve) => {
    // Timers fire up to a millisecond early.
    timer = setTimeout(resolve, Math.ceil(waitMs) + 1);
  });
  return untilAborted(slept, signal).finally(() => clearTimeout(timer));
}

/** The promise's outcome, or a rejection with the signal's reason if that comes first. */
export function untilAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
