/**
 * A key: what an operator writes about it, checked once and made ready for use. Where keys are kept is a directory's
 * business; whether a signature is right is the verifier's.
 */
import { importSecret, isScope, requireKeyId, type SecretKey } from '@countersign/canonical';
import { type CompiledLimits, compileLimits, type Limits } from '../limits.js';

/** `cs1s_…`, or 32 bytes or more (spec 2.3). */
export type Secret = string | Uint8Array;

/** A date, or Unix time in whole milliseconds. */
export type Time = Date | number;

interface KeyOptions {
  /** The account whose budgets are charged. Default: the key's id. */
  readonly owner?: string | undefined;
  /** What the key is granted, each with all that lies below it; `*` is everything. */
  readonly scopes: readonly string[];
  /** In place of the verifier's limits. */
  readonly limits?: Limits | undefined;
  /** From when on the key is usable, inclusive. */
  readonly notBefore?: Time | undefined;
  /** From when on the key is no longer usable. */
  readonly expiresAt?: Time | undefined;
  /** Whether the key proves nothing, whatever its secrets. Default false. */
  readonly disabled?: boolean | undefined;
}

/** One secret of several, with an end of its own. */
export interface ExpiringSecret {
  /** The secret. */
  readonly secret: Secret;
  /** From when on this secret proves nothing any more. */
  readonly expiresAt?: Time | undefined;
}

/** A key as an operator writes it: one `secret`, or up to three `secrets` while they are rotated. */
export type KeyConfig = KeyOptions &
  (
    | {
        /** The one secret. */
        readonly secret: Secret;
        /** Not beside `secret`. */
        readonly secrets?: undefined;
      }
    | {
        /** Not beside `secrets`. */
        readonly secret?: undefined;
        /** Up to three: each proves the key, until it expires. */
        readonly secrets: readonly (Secret | ExpiringSecret)[];
      }
  );

/** A key that was checked. Made by `defineKey`; frozen, and free of the text of its secrets. */
export interface Key {
  /** 1 to 64 of `A-Z a-z 0-9 . _ ~ -`. */
  readonly id: string;
  /** Made ready for HMAC; their text is not kept. */
  readonly secrets: readonly KeySecret[];
  /** The account whose budgets are charged. */
  readonly owner: string;
  /** What is granted, each with all that lies below it; `*` is everything. */
  readonly scopes: readonly string[];
  /** In place of the verifier's, compiled; absent: the verifier's. */
  readonly limits?: CompiledLimits;
  /** From when on the key is usable, Unix time in milliseconds. */
  readonly notBeforeMs?: number;
  /** From when on the key is no longer usable, Unix time in milliseconds. */
  readonly expiresAtMs?: number;
  /** Whether the key proves nothing. */
  readonly disabled: boolean;
}

/** A secret made ready for HMAC. */
export interface KeySecret {
  /** What MACs are made with. */
  readonly key: SecretKey;
  /** From when on it proves nothing, Unix time in milliseconds. */
  readonly expiresAtMs?: number;
}

/** How many secrets a key may have. A request that proves nothing costs this many HMACs, whatever the cause. */
export const MAX_SECRETS = 3;
const MAX_OWNER_LENGTH = 256;
/** Half of a character: on its way to a store all of them would become one. */
const LONE_SURROGATE = /\p{Surrogate}/u;

const defined = new WeakSet<object>();

/**
 * Checks a key and makes it ready for use. No error quotes a secret.
 *
 * @param id 1 to 64 of `A-Z a-z 0-9 . _ ~ -`; `__proto__` and `constructor` are ids like any other
 * @throws TypeError or RangeError naming `keys.<id>.<option>`
 */
export function defineKey(id: string, config: KeyConfig): Key {
  requireKeyId('keys', id);
  const place = `keys.${id}`;
  if (typeof config !== 'object' || config === null) throw new TypeError(`${place}: expected an object`);
  const { owner = id, limits, disabled = false } = config;
  if (typeof owner !== 'string' || owner === '' || owner.length > MAX_OWNER_LENGTH) {
    throw new TypeError(`${place}.owner: expected a text of 1 to ${MAX_OWNER_LENGTH} characters`);
  }
  if (LONE_SURROGATE.test(owner)) throw new TypeError(`${place}.owner: expected well-formed Unicode`);
  if (typeof disabled !== 'boolean') throw new TypeError(`${place}.disabled: expected true or false`);
  const notBeforeMs = readTime(config.notBefore, `${place}.notBefore`);
  const expiresAtMs = readTime(config.expiresAt, `${place}.expiresAt`);
  const key: Key = Object.freeze({
    id,
    secrets: Object.freeze(readSecrets(config, place)),
    owner,
    scopes: Object.freeze(readScopes(config.scopes, place)),
    disabled,
    ...(limits === undefined ? {} : { limits: compileLimits(limits, `${place}.limits`) }),
    ...(notBeforeMs === undefined ? {} : { notBeforeMs }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  });
  defined.add(key);
  return key;
}

/** Whether `defineKey` made this. */
export function isKey(value: KeyConfig | Key): value is Key {
  return defined.has(value);
}

/** Whether the key may be used at this time at all. Its secrets may end earlier. */
export function isUsable(key: Key, nowMs: number): boolean {
  const { notBeforeMs = Number.NEGATIVE_INFINITY, expiresAtMs = Number.POSITIVE_INFINITY } = key;
  return !key.disabled && notBeforeMs <= nowMs && nowMs < expiresAtMs;
}

/** The secrets that prove something at this time, in the order in which they were written. */
export function activeSecrets(key: Key, nowMs: number): SecretKey[] {
  const active: SecretKey[] = [];
  for (const { key: secret, expiresAtMs = Number.POSITIVE_INFINITY } of key.secrets) {
    if (nowMs < expiresAtMs) active.push(secret);
  }
  return active;
}

function readSecrets({ secret, secrets }: KeyConfig, place: string): KeySecret[] {
  if ((secret === undefined) === (secrets === undefined)) {
    throw new TypeError(`${place}.secret: expected either secret or secrets`);
  }
  if (secrets === undefined) return [readSecret({ secret }, place)];
  if (!Array.isArray(secrets)) throw new TypeError(`${place}.secrets: expected a list`);
  if (secrets.length === 0 || secrets.length > MAX_SECRETS) {
    throw new RangeError(`${place}.secrets: expected 1 to ${MAX_SECRETS}, got ${secrets.length}`);
  }
  return secrets.map((entry: Secret | ExpiringSecret, i) => {
    const bare = typeof entry !== 'object' || entry === null || entry instanceof Uint8Array;
    return readSecret(bare ? { secret: entry } : entry, `${place}.secrets[${i}]`);
  });
}

function readSecret({ secret, expiresAt }: Partial<ExpiringSecret>, place: string): KeySecret {
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    throw new TypeError(`${place}.secret: expected a text that starts with cs1s_, or a Uint8Array`);
  }
  const expiresAtMs = readTime(expiresAt, `${place}.expiresAt`);
  return Object.freeze({
    key: importAt(place, secret),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  });
}

/** Names the key that a bad secret belongs to. `importSecret` says what is wrong with it and quotes nothing. */
function importAt(place: string, secret: Secret): SecretKey {
  try {
    return importSecret(secret);
  } catch (error) {
    throw new TypeError(`${place}.${error instanceof Error ? error.message : 'secret'}`);
  }
}

function readScopes(scopes: unknown, place: string): string[] {
  if (!Array.isArray(scopes)) throw new TypeError(`${place}.scopes: expected a list of scopes, or ["*"]`);
  return scopes.map((scope: unknown, i) => {
    if (typeof scope === 'string' && (scope === '*' || isScope(scope))) return scope;
    const shown = typeof scope === 'string' ? JSON.stringify(scope) : typeof scope;
    throw new TypeError(`${place}.scopes[${i}]: ${shown} is neither a scope nor "*"`);
  });
}

function readTime(time: unknown, place: string): number | undefined {
  if (time === undefined) return undefined;
  const ms = time instanceof Date ? time.getTime() : time;
  if (typeof ms !== 'number') throw new TypeError(`${place}: expected a Date or Unix time in milliseconds`);
  if (!Number.isSafeInteger(ms)) throw new RangeError(`${place}: ${ms} is not a time in whole milliseconds`);
  return ms;
}
