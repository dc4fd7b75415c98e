/**
 * Looks after buckets in the background: now and then one of them, to notice early that the servers have forgotten
 * and to sweep; all of them as soon as somebody has noticed, so that every horizon is up before the next call begins.
 */
import type { Bucket } from './bucket-names.js';

/** What touching a bucket told: whether it had forgotten, and where to go on sweeping (`0`: all swept). */
interface Touched {
  readonly forgot: boolean;
  readonly cursor: string;
}

export interface Caretaker {
  /**
   * Touches every bucket, or so many of them that another process must have done the rest. Rejects when one could not
   * be reached, after trying all.
   */
  readonly touchAll: () => Promise<void>;
  readonly stop: () => void;
}

/** How soon a loss is noticed that nobody's request meets. */
const BEAT_MS = 100;
/** How many are touched at a time. */
const WIDTH = 64;

/**
 * Begins at once.
 *
 * @param touch rejects when the bucket cannot be reached; `cursor` '' is not to sweep
 * @param enoughInARow so many that have their memory tell that another process was there
 */
export function createCaretaker(
  buckets: readonly Bucket[],
  touch: (bucket: Bucket, cursor: string) => Promise<Touched>,
  enoughInARow: number,
  random: () => number = Math.random,
): Caretaker {
  let round: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let position = Math.floor(random() * buckets.length);
  let cursor = '0';
  let busy = false;

  const touchEach = async (): Promise<void> => {
    const failures: unknown[] = [];
    const first = Math.floor(random() * buckets.length);
    let next = 0;
    let intactInARow = 0;
    const worker = async (): Promise<void> => {
      while (next < buckets.length && intactInARow < enoughInARow) {
        const bucket = buckets[(first + next++) % buckets.length] as Bucket;
        try {
          const { forgot } = await touch(bucket, '');
          intactInARow = forgot ? 0 : intactInARow + 1;
        } catch (error) {
          intactInARow = 0;
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
    if (failures.length > 0) throw failures[0];
  };
  const touchAll = (): Promise<void> => {
    again = true;
    round ??= (async () => {
      try {
        while (again && !stopped) {
          again = false;
          await touchEach();
        }
      } finally {
        round = undefined;
      }
    })();
    return round;
  };
  const onBeat = async (): Promise<void> => {
    const bucket = buckets[position];
    if (busy || bucket === undefined) return;
    busy = true;
    try {
      const touched = await touch(bucket, cursor);
      cursor = touched.cursor;
      if (cursor === '0') position = (position + 1) % buckets.length;
      if (touched.forgot) await touchAll();
    } catch {
      // The next beat tries the next bucket: this one's server may be away for long.
      position = (position + 1) % buckets.length;
      cursor = '0';
    } finally {
      busy = false;
    }
  };

  const timer = setInterval(onBeat, BEAT_MS);
  timer.unref();

  return {
    touchAll,
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
