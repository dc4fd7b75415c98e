/** Which client asks, and how certain that is. It holds the form against what was signed. */
import type { Countersigned } from '@countersign/hono';
import type { KeyConfig } from '@countersign/server';
import type { Context } from 'hono';
import type { Form } from './form.js';
import type { Caller } from './login-guard.js';
import { OAuthError } from './oauth-error.js';
import { tokenScope } from './token-scope.js';

export type GrantType = 'client_credentials' | 'password' | 'refresh_token';

/** A client. With secrets it is confidential, and its requests must be signed; without, it is public. */
export interface Client {
  /** Up to three, while they are rotated. */
  readonly secrets?: NonNullable<KeyConfig['secrets']>;
  readonly grants: readonly GrantType[];
}

export interface Identified {
  readonly clientId: string;
  readonly client: Client;
  readonly caller: Caller;
}

/** How clients authenticate here, as `WWW-Authenticate` tells them (RFC 6749 section 5.2). */
export const CHALLENGE = { 'www-authenticate': 'CS1-HMAC-SHA256' };

/**
 * @throws OAuthError `invalid_client` for a client that is unknown, that is not the one that signed, or that has to
 *   sign; `invalid_request` for a form that asks for something else than was signed, or that brings a secret along
 */
export function identify(clients: ReadonlyMap<string, Client>, form: Form, c: Context): Identified {
  // The key's owner is what the signature proves; the form's client_id is what somebody wrote.
  const signed: Countersigned | undefined = c.get('countersign');
  const clientId = signed?.key.owner ?? form.get('client_id');
  const client = clientId === undefined ? undefined : clients.get(clientId);
  const isOther = form.has('client_id') && form.get('client_id') !== clientId;
  if (clientId === undefined || client === undefined || isOther || (client.secrets && !signed)) {
    throw new OAuthError(401, 'invalid_client', 'the client is unknown, or has not authenticated', CHALLENGE);
  }
  if (form.has('client_secret')) {
    throw new OAuthError(400, 'invalid_request', 'no client_secret is taken: sign the request');
  }
  if (signed === undefined) return { clientId, client, caller: { kind: 'unsigned', id: c.get('address') } };
  const scope = tokenScope(form);
  if (scope !== undefined && scope !== signed.scope) {
    // Charged to one user name and asking for another: the way around every budget by user name.
    throw new OAuthError(400, 'invalid_request', 'the signed scope is not the one of this form');
  }
  return { clientId, client, caller: { kind: 'signed', id: clientId } };
}
