/** Verdicts as Hono answers: a refusal as a whole response, an admission as fields of the application's. */
import type { Admitted, Refused } from '@countersign/server';
import { withAdmittedFields } from '@countersign/server/adapter';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { nodeIncoming } from './node-bindings.js';

/** The answer to a refused request. */
export function refusedResponse(c: Context, refused: Refused): Response {
  // HTTP/2 has no such field, and other runtimes see to their connections themselves.
  const close = refused.closeConnection && nodeIncoming(c)?.httpVersionMajor === 1;
  const headers = close ? { ...refused.headers, connection: 'close' } : refused.headers;
  return c.body(JSON.stringify(refused.problem), refused.status as ContentfulStatusCode, headers);
}

/** Answers with a refusal in place of the application's answer. Keeps the fields that middleware had set before. */
export function replaceAnswer(c: Context, refused: Refused, before: Headers): void {
  // Emptied first: Hono would carry the fields of the answer that is there over to the new one.
  c.res = undefined;
  c.res = refusedResponse(c, refused);
  const own = new Set(c.res.headers.keys());
  for (const [name, value] of before) if (!own.has(name)) c.res.headers.append(name, value);
}

/** Adds the fields of an admission to the application's answer. What it has set itself stays. */
export function addAdmittedFields(c: Context, { headers }: Admitted): void {
  const answer = withAdmittedFields(c.res, headers);
  if (answer === c.res) return;
  // Emptied first, as above.
  c.res = undefined;
  c.res = answer;
}
