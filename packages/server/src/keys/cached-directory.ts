/**
 * A directory in front of a slow one (a database, a service): answers for at most 30 seconds, asks one question at a
 * time for an id, and keeps what strangers name apart from what callers proved. It does not keep failures.
 */
import type { Eventually } from '../eventually.js';
import { requireFunction } from '../option-kinds.js';
import { requireWhole } from '../whole-number.js';
import { boundedMap } from './bounded-map.js';
import { type KeyAnswer, type KeyDirectory, KeyDirectoryError } from './directory.js';
import { defineKey, isKey, type Key, type KeyConfig } from './key.js';
import { questionPool } from './question-pool.js';

/**
 * Looks up a key by its id, byte for byte: a directory that ignores case would give one key several names, and each
 * name budgets of its own. `undefined` or `null`: there is none. `signal` aborts when the time is up.
 */
export type FindKey = (
  id: string,
  options: { readonly signal: AbortSignal },
) => Eventually<KeyConfig | Key | undefined | null>;

/** Options of `cachedDirectory`. A value out of its range is a RangeError. */
export interface CachedDirectoryOptions {
  /** For how long an answer holds, from when it was asked for, in milliseconds; 30 000 at most, and by default. */
  readonly ttlMs?: number | undefined;
  /** The same for the answer that there is no such key. Default 5 000, or `ttlMs` if that is less. */
  readonly negativeTtlMs?: number | undefined;
  /** How many keys in use are kept; as many that were only named are kept besides, and as many absent ids. Default 10 000. */
  readonly maxKeys?: number | undefined;
  /** How long a caller waits for an answer, in milliseconds. Default 2 000. */
  readonly timeoutMs?: number | undefined;
  /** A clock in milliseconds that never runs backwards. Default `performance.now`. */
  readonly now?: (() => number) | undefined;
}

/** A directory that keeps what it was answered, for 30 seconds at most. */
export interface CachedDirectory extends KeyDirectory {
  find(id: string): Promise<Key | undefined>;
  touch(id: string): void;
  wasProved(id: string): boolean;
  /** Forgets what is known of this id, and what a question under way will say. The next caller asks anew. */
  invalidate(id: string): void;
}

const MAX_TTL_MS = 30_000;
const NEGATIVE_TTL_MS = 5_000;
const MAX_TIMEOUT_MS = 60_000;
const MAX_KEYS = 1_000_000;
const MAX_RUNNING = 64;
const MAX_WAITING = 1_024;
/** How long a failed refresh is left alone. */
const REFRESH_RETRY_MS = 1_000;

interface Entry extends KeyAnswer {
  readonly expiresAtMs: number;
  refreshAtMs: number;
}

/**
 * Makes a directory that caches the answers of `find`.
 *
 * @throws TypeError, or RangeError for an option out of its range
 */
export function cachedDirectory(find: FindKey, options: CachedDirectoryOptions = {}): CachedDirectory {
  if (typeof find !== 'function') throw new TypeError('find: expected a function');
  const { ttlMs = MAX_TTL_MS, maxKeys = 10_000, timeoutMs = 2_000, now = () => performance.now() } = options;
  requireWhole('ttlMs', ttlMs, 1, MAX_TTL_MS);
  const { negativeTtlMs = Math.min(NEGATIVE_TTL_MS, ttlMs) } = options;
  requireWhole('negativeTtlMs', negativeTtlMs, 0, MAX_TTL_MS);
  requireWhole('maxKeys', maxKeys, 1, MAX_KEYS);
  requireWhole('timeoutMs', timeoutMs, 1, MAX_TIMEOUT_MS);
  requireFunction('now', now);

  // Two pools, so that questions about junk ids hold up none about a key in use.
  const pool = { maxRunning: MAX_RUNNING, maxWaiting: MAX_WAITING, timeoutMs };
  const askForProved = questionPool(pool);
  const askForNamed = questionPool(pool);
  // Three parts, so that junk ids push out no key, and keys that are merely named push out none in use.
  const proved = boundedMap<Entry>(maxKeys);
  const named = boundedMap<Entry>(maxKeys);
  const absent = boundedMap<Entry>(maxKeys);
  const asked = new Map<string, Promise<Key | undefined>>();

  const cached = (id: string): Entry | undefined => {
    const entry = proved.get(id) ?? named.get(id) ?? absent.get(id);
    return entry !== undefined && now() < entry.expiresAtMs ? entry : undefined;
  };
  const keep = (id: string, key: Key | undefined, askedAtMs: number): void => {
    const inUse = proved.get(id) !== undefined;
    forget(id);
    const part = key === undefined ? absent : inUse ? proved : named;
    part.set(id, {
      key,
      expiresAtMs: askedAtMs + (key === undefined ? negativeTtlMs : ttlMs),
      refreshAtMs: askedAtMs + (ttlMs * 2) / 3,
    });
  };
  const forget = (id: string): void => {
    proved.delete(id);
    named.delete(id);
    absent.delete(id);
  };

  const question = (id: string): Promise<Key | undefined> => {
    const underWay = asked.get(id);
    if (underWay !== undefined) return underWay;
    const ask = proved.get(id) === undefined ? askForNamed : askForProved;
    let askedAtMs = 0;
    const answer = ask((signal) => {
      askedAtMs = now();
      return askFor(id, find, signal);
    }).then((key) => {
      // After `invalidate` this is no longer the question that counts.
      if (asked.get(id) === answer) keep(id, key, askedAtMs);
      return key;
    });
    const done = (): void => {
      if (asked.get(id) === answer) asked.delete(id);
    };
    asked.set(id, answer);
    answer.then(done, done);
    return answer;
  };

  return {
    peek: cached,
    find: async (id) => {
      const entry = cached(id);
      return entry === undefined ? question(id) : entry.key;
    },
    touch: (id) => {
      const entry = cached(id);
      if (entry?.key === undefined) return;
      named.delete(id);
      proved.set(id, entry);
      const nowMs = now();
      if (nowMs < entry.refreshAtMs) return;
      entry.refreshAtMs = nowMs + REFRESH_RETRY_MS;
      question(id).catch(() => {});
    },
    // An entry that has expired still tells that its key was proved.
    wasProved: (id) => proved.get(id) !== undefined,
    invalidate: (id) => {
      asked.delete(id);
      const inUse = proved.get(id);
      forget(id);
      // Without an answer, but still proved: a spent address must not lock out its holder now of all times.
      if (inUse !== undefined)
        proved.set(id, { ...inUse, key: undefined, expiresAtMs: Number.NEGATIVE_INFINITY });
    },
  };
}

/** Asks the operator's function, and takes nothing from it unchecked. */
async function askFor(id: string, find: FindKey, signal: AbortSignal): Promise<Key | undefined> {
  const record = await askOperator(id, find, signal);
  if (record === undefined || record === null) return undefined;
  if (!isKey(record)) {
    try {
      return defineKey(id, record);
    } catch (cause) {
      throw new KeyDirectoryError(
        'invalid-record',
        `not a key: ${cause instanceof Error ? cause.message : id}`,
        { cause },
      );
    }
  }
  if (record.id === id) return record;
  throw new KeyDirectoryError('invalid-record', `asked for key ${id}, got key ${record.id}`);
}

async function askOperator(
  id: string,
  find: FindKey,
  signal: AbortSignal,
): Promise<KeyConfig | Key | undefined | null> {
  try {
    return await find(id, { signal });
  } catch (cause) {
    throw new KeyDirectoryError('failed', `the look-up of key ${id} failed`, { cause });
  }
}
