/**
 * Step 2: the key. A directory that fails says nothing about the key; whether the key is usable, step 3 asks.
 */
import { type Eventually, isPending } from '../eventually.js';
import type { KeyDirectory } from '../keys/directory.js';
import { isKey, type Key } from '../keys/key.js';
import { type Refusal, refusal } from '../refusals.js';
import { shown } from '../shown.js';

/** What the caller is told to wait when the directory cannot say. */
const UNAVAILABLE_RETRY_MS = 1000;

/**
 * The key with this id, `undefined` when there is none, or a refusal when that cannot be found out.
 *
 * @param isSpent whether the caller's address is spent: nobody asks on its behalf, except for keys that were proved before
 */
export function findKey(
  keys: KeyDirectory,
  id: string,
  isSpent: () => boolean,
): Eventually<Key | undefined | Refusal> {
  const checked = (found: Key | undefined): Key | undefined | Refusal => {
    if (found === undefined || (isKey(found) && found.id === id)) return found;
    return failed(new TypeError(`asked for key ${id}, got what defineKey did not make of it`));
  };
  try {
    const known = keys.peek(id);
    if (known !== undefined) return checked(known.key);
    if (keys.wasProved?.(id) !== true && isSpent()) return undefined;
    const found = keys.find(id);
    return isPending(found) ? Promise.resolve(found).then(checked).catch(failed) : checked(found);
  } catch (error) {
    return failed(error);
  }
}

/** An error with its cause, for the operator. */
function failed(error: unknown): Refusal {
  const cause = error instanceof Error && error.cause !== undefined ? `: ${shown(error.cause)}` : '';
  const reason = `the key directory failed: ${shown(error)}${cause}`;
  return refusal('store-unavailable', reason, { retryAfterMs: UNAVAILABLE_RETRY_MS });
}
