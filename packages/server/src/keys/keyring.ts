/** A keyring: keys that are written down in the configuration, all at hand. It never changes after it was made. */
import { requireObject } from '../option-kinds.js';
import type { KeyAnswer, KeyDirectory } from './directory.js';
import { defineKey, type KeyConfig } from './key.js';

const ABSENT: KeyAnswer = Object.freeze({ key: undefined });

/**
 * Makes a directory of fixed keys. Only own properties are ids. In an object literal the id `__proto__` has to be
 * written `['__proto__']`, or JavaScript takes it for the prototype.
 *
 * @throws TypeError or RangeError naming `keys.<id>.<option>`
 */
export function keyring(keys: Readonly<Record<string, KeyConfig>>): KeyDirectory {
  requireObject('keys', keys);
  const answers = new Map<string, KeyAnswer>();
  for (const [id, config] of Object.entries(keys)) answers.set(id, { key: defineKey(id, config) });
  return {
    peek: (id) => answers.get(id) ?? ABSENT,
    find: (id) => answers.get(id)?.key,
  };
}
