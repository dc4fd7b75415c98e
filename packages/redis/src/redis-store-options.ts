/**
 * The options of the Redis store, checked and completed. It connects to nothing.
 */
import { observer, requireFunction, requireObject, requireWhole } from '@countersign/server/stores';

/** How many replicas must have an admission, and how long that may take. */
export interface Durability {
  /** How many replicas must have an admission before it counts: a positive integer. */
  readonly replicas: number;
  /** How long they are waited for, in milliseconds; then the admission is undone and the answer is 503. */
  readonly timeoutMs: number;
}

/** Options of `redisStore`. */
export interface RedisStoreOptions {
  /** Begins every key: 1 to 32 of `A-Z a-z 0-9 . _ ~ -`. Default `cs1`. Verifiers that share a memory share it. */
  readonly prefix?: string | undefined;
  /** Nonces kept per key, from 1 to 2^28; default 1 000 000. Above it the oldest go and their key's horizon rises. */
  readonly maxNonces?: number | undefined;
  /** Budgets in use per owner, from 1 to 2 000; default 500. Above it new budgets are refused until one is idle. */
  readonly maxBudgetsPerOwner?: number | undefined;
  /** The longest that an answer takes, in milliseconds, whatever the connection does; default 250. */
  readonly timeoutMs?: number | undefined;
  /** Makes an admission wait for replicas. Default: it does not. */
  readonly durability?: Durability | undefined;
  /**
   * What to do when a deposed master could go on writing without an end, so that one signature could be admitted twice:
   * `require` (default) refuses to serve and says what to set, `warn` serves and tells `onWarning`.
   */
  readonly fencing?: 'require' | 'warn' | undefined;
  /**
   * For how long a deposed master may go on writing, in milliseconds. Default: read from the servers' configuration.
   * Give it where they do not let one ask, as managed services do not.
   */
  readonly deposedWritesMs?: number | undefined;
  /** Is told of lost connections, of unsafe configuration, of memory that was lost. What it throws is logged. Default `console.warn`. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

export interface RedisStoreSettings {
  readonly prefix: string;
  readonly maxNonces: number;
  readonly maxBudgetsPerOwner: number;
  readonly timeoutMs: number;
  readonly durability: Durability | undefined;
  readonly fencing: 'require' | 'warn';
  readonly deposedWritesMs: number | undefined;
  readonly onWarning: (message: string) => void;
}

const PREFIX = /^[A-Za-z0-9._~-]{1,32}$/;
/** A pack's number has three bytes, and a pack 16 nonces. */
const MAX_NONCES = 2 ** 28;
const MAX_TIMER_MS = 2 ** 31 - 1;
const ONE_DAY_MS = 86_400_000;

/** @throws TypeError or RangeError naming the option that is not what it should be */
export function redisStoreSettings(options: RedisStoreOptions): RedisStoreSettings {
  const {
    prefix = 'cs1',
    maxNonces = 1_000_000,
    maxBudgetsPerOwner = 500,
    timeoutMs = 250,
    durability,
    fencing = 'require',
    deposedWritesMs,
    onWarning = (message: string): void => console.warn(message),
  } = requireObject('options', options);
  if (typeof prefix !== 'string' || !PREFIX.test(prefix)) {
    throw new TypeError('prefix: expected 1 to 32 of A-Z a-z 0-9 . _ ~ -');
  }
  requireWhole('maxNonces', maxNonces, 1, MAX_NONCES);
  requireWhole('maxBudgetsPerOwner', maxBudgetsPerOwner, 1, 2_000);
  requireWhole('timeoutMs', timeoutMs, 1, MAX_TIMER_MS);
  if (fencing !== 'require' && fencing !== 'warn')
    throw new TypeError("fencing: expected 'require' or 'warn'");
  if (deposedWritesMs !== undefined) requireWhole('deposedWritesMs', deposedWritesMs, 0, ONE_DAY_MS);
  requireFunction('onWarning', onWarning);
  if (durability !== undefined) {
    const { replicas, timeoutMs: waitMs } = requireObject('durability', durability);
    requireWhole('durability.replicas', replicas, 1, 1_000);
    requireWhole('durability.timeoutMs', waitMs, 1, MAX_TIMER_MS);
  }
  return {
    prefix,
    maxNonces,
    maxBudgetsPerOwner,
    timeoutMs,
    durability,
    fencing,
    deposedWritesMs,
    onWarning: observer('onWarning', onWarning),
  };
}
