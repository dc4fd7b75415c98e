/** Answers in the form of RFC 6749 section 5: never cached, and errors with an `error` that OAuth clients know. */
import type { Context, MiddlewareHandler } from 'hono';
import { OAuthError, type OAuthErrorCode } from './oauth-error.js';

const NOT_CACHED = { 'cache-control': 'no-store', pragma: 'no-cache' };

export function oauthErrorAnswer(error: Error, c: Context): Response {
  if (error instanceof OAuthError) {
    const answer = { error: error.code, error_description: error.message };
    return c.json(answer, error.status, { ...NOT_CACHED, ...error.headers });
  }
  console.error(error);
  return c.json({ error: 'server_error' }, 500, NOT_CACHED);
}

/** Gives the verifier's refusals an OAuth `error` beside what they say, and keeps their status and fields. */
export const asOAuthAnswers: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(NOT_CACHED)) c.res.headers.set(name, value);
  if (!c.res.headers.get('content-type')?.startsWith('application/problem+json')) return;
  const problem = (await c.res.json()) as { readonly detail?: string };
  const headers = new Headers(c.res.headers);
  headers.delete('content-length');
  headers.set('content-type', 'application/json');
  const answer = { error: errorOf(c.res.status), error_description: problem.detail, ...problem };
  const { status } = c.res;
  c.res = undefined;
  c.res = new Response(JSON.stringify(answer), { status, headers });
};

function errorOf(status: number): OAuthErrorCode {
  if (status === 401) return 'invalid_client';
  if (status === 403) return 'unauthorized_client';
  return status === 429 || status === 503 ? 'temporarily_unavailable' : 'invalid_request';
}
