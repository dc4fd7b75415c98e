/**
 * Questions to something slow: so many run at once, so many wait their turn, and each has its answer or its failure
 * within a time. It remembers no answers.
 */
import type { Eventually } from '../eventually.js';
import { KeyDirectoryError } from './directory.js';

/** A question. `signal` aborts when nobody waits for the answer any more. */
type Question<T> = (signal: AbortSignal) => Eventually<T>;

export interface QuestionPoolOptions {
  readonly maxRunning: number;
  readonly maxWaiting: number;
  /** From asking to the answer, waiting included, in milliseconds. */
  readonly timeoutMs: number;
}

/** Asks a question. Rejects with `KeyDirectoryError`, or with what the question itself made of its failure. */
export type Ask = <T>(question: Question<T>) => Promise<T>;

export function questionPool({ maxRunning, maxWaiting, timeoutMs }: QuestionPoolOptions): Ask {
  const waiting = new Set<() => void>();
  let running = 0;

  const startNext = (): void => {
    const [start] = waiting;
    if (start === undefined) return;
    waiting.delete(start);
    start();
  };

  return <T>(question: Question<T>) =>
    new Promise<T>((resolve, reject) => {
      const controller = new AbortController();
      let holdsSlot = false;

      const end = (): void => {
        clearTimeout(timer);
        waiting.delete(start);
        if (!holdsSlot) return;
        holdsSlot = false;
        running--;
        startNext();
      };
      const start = (): void => {
        holdsSlot = true;
        running++;
        // An answer that comes after the deadline settles nothing: the promise and the slot are gone.
        Promise.resolve(controller.signal).then(question).then(resolve, reject).finally(end);
      };
      const timer = setTimeout(() => {
        reject(new KeyDirectoryError('timed-out', `no answer within ${timeoutMs} ms`));
        controller.abort();
        end();
      }, timeoutMs);
      // A number outside Node, where no timer holds up the end of a process.
      timer.unref?.();

      if (running < maxRunning) start();
      else if (waiting.size < maxWaiting) waiting.add(start);
      else {
        clearTimeout(timer);
        reject(new KeyDirectoryError('overloaded', `${maxRunning} questions run and ${maxWaiting} wait`));
      }
    });
}
