/**
 * Asking a store within a deadline. A store that fails or is late is unavailable and never anything else (law L12).
 */
import { startDeadline } from '../deadline.js';
import { type Eventually, isPending } from '../eventually.js';
import { type Refusal, refusal } from '../refusals.js';
import { shown } from '../shown.js';

/** What the caller is told to wait when the store cannot say. */
const UNAVAILABLE_RETRY_MS = 1000;

/** The store's answer, or `store-unavailable` when it throws, rejects or takes longer than `timeoutMs`. Never rejects. */
export function askStore<T>(ask: () => Eventually<T>, timeoutMs: number): Eventually<T | Refusal> {
  try {
    const answer = ask();
    return isPending(answer) ? withDeadline(Promise.resolve(answer).catch(failed), timeoutMs) : answer;
  } catch (error) {
    return failed(error);
  }
}

async function withDeadline<T>(answer: Promise<T | Refusal>, timeoutMs: number): Promise<T | Refusal> {
  let stop = (): void => {};
  const late = new Promise<Refusal>((resolve) => {
    stop = startDeadline(timeoutMs, () =>
      resolve(unavailable(`the store gave no answer within ${timeoutMs} ms`)),
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    stop();
  }
}

function failed(error: unknown): Refusal {
  return unavailable(`the store failed: ${shown(error)}`);
}

function unavailable(reason: string): Refusal {
  return refusal('store-unavailable', reason, { retryAfterMs: UNAVAILABLE_RETRY_MS });
}
