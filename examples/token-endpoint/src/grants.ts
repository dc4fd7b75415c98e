/**
 * The grants (RFC 6749 sections 4.3, 4.4 and 6). The password grant is here because it is what is attacked: RFC 9700
 * section 2.4 says that it must not be used, and new systems should have no such endpoint.
 */
import type { Identified } from './clients.js';
import { type Form, required } from './form.js';
import type { LoginGuard } from './login-guard.js';
import { OAuthError, tooOften } from './oauth-error.js';
import type { TokenAnswer, Tokens } from './tokens.js';
import { canonicalUserName } from './user-name.js';
import type { Users } from './users.js';

export interface GrantServices {
  readonly users: Users;
  readonly tokens: Tokens;
  readonly guard: LoginGuard;
}

/** @throws OAuthError */
export async function grantToken(services: GrantServices, form: Form, by: Identified): Promise<TokenAnswer> {
  const { tokens } = services;
  const { client, clientId } = by;
  const type = required(form, 'grant_type');
  if (type !== 'client_credentials' && type !== 'password' && type !== 'refresh_token') {
    throw new OAuthError(400, 'unsupported_grant_type', 'no such grant type here');
  }
  if (!client.grants.includes(type) || (type === 'client_credentials' && client.secrets === undefined)) {
    throw new OAuthError(400, 'unauthorized_client', `the client may not use ${type}`);
  }
  if (type === 'client_credentials') return tokens.issue({ clientId });
  if (type === 'password') return tokens.issue({ clientId, user: await login(services, form, by) });
  const answer = tokens.refresh(required(form, 'refresh_token'), clientId);
  if (answer === undefined) throw new OAuthError(400, 'invalid_grant', 'the refresh token is not good');
  return answer;
}

/** One answer for all that can be wrong, and for a user that does not exist. */
async function login({ users, guard }: GrantServices, form: Form, by: Identified): Promise<string> {
  const user = canonicalUserName(required(form, 'username'));
  const password = required(form, 'password');
  if (user === undefined) throw new OAuthError(400, 'invalid_request', 'username: not a user name');
  const result = await guard.attempt(by.caller, user, () => users.check(user, password));
  if (result.outcome === 'too-often') throw tooOften(result.retryAfterMs);
  if (result.outcome === 'wrong') {
    throw new OAuthError(400, 'invalid_grant', 'the user name or the password is wrong');
  }
  return user;
}
