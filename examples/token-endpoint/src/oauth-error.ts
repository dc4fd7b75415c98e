/** Errors as RFC 6749 section 5.2 wants them answered. */

export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  /** RFC 6749 has no code for "too often" at this endpoint. The status 429 (RFC 6585) and Retry-After tell it. */
  | 'temporarily_unavailable';

export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly status: 400 | 401 | 413 | 429;
  readonly code: OAuthErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: OAuthError['status'],
    code: OAuthErrorCode,
    description: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(description);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function tooOften(retryAfterMs: number): OAuthError {
  const seconds = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  return new OAuthError(429, 'temporarily_unavailable', 'too many attempts', { 'retry-after': seconds });
}
