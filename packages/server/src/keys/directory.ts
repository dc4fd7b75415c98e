/**
 * What the verifier asks for keys: a directory. It gives keys by their id and judges nothing about them; `keyring.ts`
 * and `cached-directory.ts` are the two that exist.
 */
import type { Eventually } from '../eventually.js';
import type { Key } from './key.js';

/** An answer that is at hand: the key, or the knowledge that there is none. */
export interface KeyAnswer {
  /** `undefined`: there is no such key. */
  readonly key: Key | undefined;
}

/** Where a verifier finds keys. It judges nothing about them. */
export interface KeyDirectory {
  /** The answer as far as it is at hand, without asking anybody; `undefined` when it is not. */
  peek(id: string): KeyAnswer | undefined;
  /**
   * The key with exactly this id, or `undefined` when there is none.
   *
   * @throws KeyDirectoryError (as a rejection) when that could not be found out
   */
  find(id: string): Eventually<Key | undefined>;
  /** Hears of each request that proved the key with this id, so that a key in use can be kept at hand. */
  touch?(id: string): void;
  /**
   * Whether somebody has proved the key with this id before. Such a key is asked for on behalf of a spent address too:
   * strangers must not lock out a customer whose address they share. Absent: nobody has.
   */
  wasProved?(id: string): boolean;
}

/** Why a directory could not answer. */
export type KeyDirectoryFailure = 'failed' | 'timed-out' | 'overloaded' | 'invalid-record';

/** Thrown when it could not be found out whether there is a key. It never means that there is none. */
export class KeyDirectoryError extends Error {
  /** Always `KeyDirectoryError`. */
  override readonly name = 'KeyDirectoryError';
  /** What went wrong. */
  readonly reason: KeyDirectoryFailure;

  /** A directory of your own may throw it; any other error counts as `failed`. */
  constructor(reason: KeyDirectoryFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
