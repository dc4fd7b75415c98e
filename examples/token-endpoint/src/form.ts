/**
 * The parameters of a token request, in the one way in which they may be sent: form-encoded, in the body, each once
 * (RFC 6749 sections 3.2 and 4). What could be read in two ways is refused.
 */
import { OAuthError } from './oauth-error.js';

/** Parameters that have a value, by name. */
export type Form = ReadonlyMap<string, string>;

const FORM = /^application\/x-www-form-urlencoded *(?:; *charset="?utf-8"? *)?$/i;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * @param query what stands behind the `?` of the target; it must be empty
 * @throws OAuthError `invalid_request`
 */
export function parseForm(contentType: string | undefined, query: string, body: Uint8Array): Form {
  if (query !== '') throw invalid('parameters belong into the body');
  if (contentType === undefined || !FORM.test(contentType)) {
    throw invalid('expected application/x-www-form-urlencoded');
  }
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(decode(body))) {
    if (form.has(name)) throw invalid(`${name} is there more than once`);
    form.set(name, value);
  }
  // A parameter without a value is treated as if it were not there.
  for (const [name, value] of form) if (value === '') form.delete(name);
  return form;
}

/** @throws OAuthError `invalid_request` when the parameter is not there */
export function required(form: Form, name: string): string {
  const value = form.get(name);
  if (value === undefined) throw invalid(`${name} is missing`);
  return value;
}

function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw invalid('the body is not UTF-8');
  }
}

function invalid(description: string): OAuthError {
  return new OAuthError(400, 'invalid_request', description);
}
