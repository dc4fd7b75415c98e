/** A confidential client: asks for tokens with signed requests, in place of a client_secret in each of them. */
import { createFetch, createSigner, type SignerOptions } from '@countersign/client';
import { tokenScope } from './token-scope.js';
import type { TokenAnswer } from './tokens.js';

export interface TokenClientOptions extends Pick<SignerOptions, 'secret' | 'audience' | 'now'> {
  /** The URL of the token endpoint. */
  readonly endpoint: string;
  readonly clientId: string;
}

/** Asks for a token. Resolves to the server's answer, an error of RFC 6749 included. */
export type TokenClient = (parameters: Readonly<Record<string, string>>) => Promise<TokenAnswer | TokenError>;

export interface TokenError {
  readonly error: string;
  readonly error_description?: string;
}

/** Calls of it reject as those of the signed fetch do: with `RateLimitedError`, `AlreadyAdmittedError`, … */
export function createTokenClient({ endpoint, clientId, ...signing }: TokenClientOptions): TokenClient {
  const signedFetch = createFetch(createSigner({ keyId: clientId, ...signing }), { maxWaitMs: 0 });
  return async (parameters) => {
    const form = new URLSearchParams(parameters);
    const response = await signedFetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
      // What the server will count it for; it derives the same from the form.
      scope: tokenScope(new Map(form)) ?? 'token',
    });
    return (await response.json()) as TokenAnswer | TokenError;
  };
}
