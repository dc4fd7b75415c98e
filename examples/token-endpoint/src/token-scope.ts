/**
 * The scope that a token request is signed and counted for. Client and server derive it from the form, by this one
 * function; a request whose signed scope is another one is refused.
 */
import type { Form } from './form.js';
import { canonicalUserName, userSegment } from './user-name.js';

/** @returns `undefined` when the form has no grant type that this endpoint knows, or no proper user name */
export function tokenScope(form: Form): string | undefined {
  switch (form.get('grant_type')) {
    case 'client_credentials':
      return 'token:client';
    case 'refresh_token':
      return 'token:refresh';
    case 'password': {
      const name = canonicalUserName(form.get('username') ?? '');
      return name === undefined ? undefined : `token:password:${userSegment(name)}`;
    }
    default:
      return undefined;
  }
}
