/** Waiting for another process: asks again and again until it gets an answer, and says at the end why there was none. */
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 20;

/**
 * The first answer of `ask` that is not undefined; what it throws counts as no answer.
 *
 * @param what for the error: "the replica in sync"
 * @throws Error when `timeoutMs` have passed, with the last error of `ask` as its cause
 */
export async function waitUntil<Answer>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<Answer | undefined> | Answer | undefined,
): Promise<Answer> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= endsAt) {
      const why = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}${why}`, { cause });
    }
    await sleep(PAUSE_MS);
  }
}
