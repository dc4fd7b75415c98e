/** Users and their passwords, kept as scrypt hashes. It checks; it does not count. */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { canonicalUserName } from './user-name.js';

export interface Users {
  /** @throws TypeError when the name is none, or taken */
  add(name: string, password: string): Promise<void>;
  /** Whether this is the user's password. Takes as long for a user that does not exist. */
  check(canonicalName: string, password: string): Promise<boolean>;
}

interface StoredPassword {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** @param cost of scrypt as a power of two; 17 takes about half a second and 128 MiB, as OWASP advises */
export async function createUsers(cost = 17): Promise<Users> {
  const options: ScryptOptions = { N: 2 ** cost, r: 8, p: 1, maxmem: 2 ** (cost + 11) };
  const derive = (password: string, salt: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      scrypt(password.normalize('NFC'), salt, HASH_BYTES, options, (error, hash) =>
        error === null ? resolve(hash) : reject(error),
      );
    });
  const store = async (password: string): Promise<StoredPassword> => {
    const salt = randomBytes(SALT_BYTES);
    return { salt, hash: await derive(password, salt) };
  };
  const users = new Map<string, StoredPassword>();
  /** Nobody's: what the passwords of unknown users are compared with. */
  const nobody = await store(randomBytes(HASH_BYTES).toString('hex'));

  return {
    add: async (name, password) => {
      const canonical = canonicalUserName(name);
      if (canonical === undefined) throw new TypeError('name: no user name');
      const stored = await store(password);
      if (users.has(canonical)) throw new TypeError('name: taken, perhaps in another spelling');
      users.set(canonical, stored);
    },
    check: async (canonicalName, password) => {
      const user = users.get(canonicalName);
      const { salt, hash } = user ?? nobody;
      const same = timingSafeEqual(await derive(password, salt), hash);
      return same && user !== undefined;
    },
  };
}
