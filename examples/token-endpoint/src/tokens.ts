/**
 * Access and refresh tokens: random, opaque, kept as hashes. A refresh token is good for one use; a second use shows
 * that it was stolen, and ends whatever came of the same login (RFC 9700 section 4.14.2).
 */
import { createHash, randomBytes } from 'node:crypto';

/** What a token stands for. */
export interface Grant {
  readonly clientId: string;
  /** The canonical user name; absent when the client acts for itself. */
  readonly user?: string;
}

/** A successful answer (RFC 6749 section 5.1). */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly refresh_token?: string;
}

export interface Tokens {
  /** A refresh token comes along when the grant has a user. */
  issue(grant: Grant): TokenAnswer;
  /** The next pair of tokens; `undefined` when this refresh token is not good, or not this client's. */
  refresh(refreshToken: string, clientId: string): TokenAnswer | undefined;
  /** What an access token stands for, as a resource server asks. */
  find(accessToken: string): Grant | undefined;
}

/** All tokens that come of one login. */
interface Family {
  readonly grant: Grant;
  revoked: boolean;
}

interface Token {
  readonly family: Family;
  readonly expiresAtMs: number;
  used: boolean;
}

const TOKEN_BYTES = 32;
const ACCESS_MS = 10 * 60_000;
const REFRESH_MS = 30 * 24 * 3_600_000;

export function createTokens(now: () => number = Date.now): Tokens {
  const access = tokenTable(ACCESS_MS, now);
  const refresh = tokenTable(REFRESH_MS, now);
  const answer = (family: Family): TokenAnswer => ({
    access_token: access.add(family),
    token_type: 'Bearer',
    expires_in: ACCESS_MS / 1000,
    ...(family.grant.user === undefined ? {} : { refresh_token: refresh.add(family) }),
  });
  return {
    issue: (grant) => answer({ grant, revoked: false }),
    // Without an `await` from the look to the mark: two uses at once are one use and a second one.
    refresh: (refreshToken, clientId) => {
      const token = refresh.find(refreshToken);
      if (token === undefined) return undefined;
      if (token.used || token.family.grant.clientId !== clientId) {
        token.family.revoked = true;
        return undefined;
      }
      token.used = true;
      return answer(token.family);
    },
    find: (accessToken) => access.find(accessToken)?.family.grant,
  };
}

interface TokenTable {
  add(family: Family): string;
  find(text: string): Token | undefined;
}

function tokenTable(lifeMs: number, now: () => number): TokenTable {
  // In the order of their ends, since all live equally long.
  const tokens = new Map<string, Token>();
  const dropExpired = (): void => {
    for (const [hash, { expiresAtMs }] of tokens) {
      if (now() < expiresAtMs) return;
      tokens.delete(hash);
    }
  };
  return {
    add: (family) => {
      dropExpired();
      const text = randomBytes(TOKEN_BYTES).toString('base64url');
      tokens.set(hashOf(text), { family, expiresAtMs: now() + lifeMs, used: false });
      return text;
    },
    find: (text) => {
      const token = tokens.get(hashOf(text));
      if (token === undefined || now() >= token.expiresAtMs || token.family.revoked) return undefined;
      return token;
    },
  };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
