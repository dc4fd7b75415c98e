/**
 * The options of the embedded store, checked and completed. It opens no file.
 */
import { observer } from '../observer.js';
import { requireObject } from '../option-kinds.js';
import { requireWhole } from '../whole-number.js';
import type { HashSeed } from './nonce-hash.js';

/** Options of `memoryStore`. */
export interface MemoryStoreOptions {
  /**
   * Nonces kept per key, from 1 to 2^30; default 1 000 000. Above it the oldest go and their key's horizon rises: choose
   * the key's rate times the acceptance window, or more.
   */
  readonly maxNonces?: number | undefined;
  /** Budgets in use per owner, from 1 to 2^24; default 10 000. Above it new budgets are refused until one is idle. */
  readonly maxBudgetsPerOwner?: number | undefined;
  /**
   * A file that makes restarts safe, for this store alone. Node only; on Linux it needs the command `flock`. Without
   * it a restart forgets the nonces, and what was admitted before can be admitted once more while it is fresh.
   */
  readonly horizonFile?: string | undefined;
  /** Is told of a missing or damaged horizon file, of a mark ahead of the clock, of failing writes. What it throws is logged. Default `console.warn`. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Two random unsigned 32-bit words, for repeatable tests. Default: from the platform's generator. */
  readonly hashSeed?: HashSeed | undefined;
}

interface MemoryStoreSettings {
  readonly maxNonces: number;
  readonly maxBudgetsPerOwner: number;
  readonly horizonFile: string | undefined;
  readonly onWarning: (message: string) => void;
  readonly hashSeed: HashSeed;
}

const MAX_NONCES = 2 ** 30;
const MAX_BUDGETS_PER_OWNER = 2 ** 24;
const MAX_WORD = 2 ** 32 - 1;

/** @throws TypeError or RangeError naming the option that is not what it should be */
export function memoryStoreSettings(options: MemoryStoreOptions): MemoryStoreSettings {
  const {
    maxNonces = 1_000_000,
    maxBudgetsPerOwner = 10_000,
    horizonFile,
    hashSeed = randomSeed(),
  } = requireObject('options', options);
  const { onWarning = (message: string): void => console.warn(message) } = options;
  requireWhole('maxNonces', maxNonces, 1, MAX_NONCES);
  requireWhole('maxBudgetsPerOwner', maxBudgetsPerOwner, 1, MAX_BUDGETS_PER_OWNER);
  if (horizonFile !== undefined && (typeof horizonFile !== 'string' || horizonFile === '')) {
    throw new TypeError('horizonFile: expected the path of a file');
  }
  if (typeof onWarning !== 'function') throw new TypeError('onWarning: expected a function');
  if (!Array.isArray(hashSeed) || hashSeed.length !== 2) throw new TypeError('hashSeed: expected two words');
  for (const word of hashSeed) requireWhole('hashSeed', word, 0, MAX_WORD);
  return {
    maxNonces,
    maxBudgetsPerOwner,
    horizonFile,
    onWarning: observer('onWarning', onWarning),
    hashSeed,
  };
}

function randomSeed(): HashSeed {
  const [first = 0, second = 0] = crypto.getRandomValues(new Uint32Array(2));
  return [first, second];
}
