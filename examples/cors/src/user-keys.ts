/** Keys for users of a page: each is made at login, belongs to that user alone, and ends with the session. */
import { randomBytes, randomUUID } from 'node:crypto';
import { type CachedDirectory, cachedDirectory, type KeyConfig } from '@countersign/server';

const SESSION_MS = 60 * 60_000;

export interface UserKeys {
  readonly directory: CachedDirectory;
  /** To be given to the browser of this user, once, over TLS. */
  issue(user: string): { keyId: string; secret: string };
}

export function userKeys(now: () => number = Date.now): UserKeys {
  // In the order of their ends, since all live equally long.
  const keys = new Map<string, KeyConfig & { readonly expiresAt: number }>();
  return {
    directory: cachedDirectory((id) => keys.get(id)),
    issue(user) {
      for (const [id, { expiresAt }] of keys) {
        if (now() < expiresAt) break;
        keys.delete(id);
      }
      const keyId = `browser_${randomUUID()}`;
      const secret = `cs1s_${randomBytes(32).toString('base64url')}`;
      // The user is the owner: all browsers of one user have one budget.
      keys.set(keyId, { secret, owner: user, scopes: ['notes'], expiresAt: now() + SESSION_MS });
      return { keyId, secret };
    },
  };
}
