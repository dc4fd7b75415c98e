/** Writes a refusal on a `node:http` response, as a whole answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refused } from '@countersign/server';

/** Answers with a refusal. Does nothing when the application has answered meanwhile. */
export function answerRefused(request: IncomingMessage, response: ServerResponse, refused: Refused): void {
  if (response.headersSent) return;
  const body = JSON.stringify(refused.problem);
  response.statusCode = refused.status;
  for (const [name, value] of Object.entries(refused.headers)) response.setHeader(name, value);
  response.setHeader('content-length', Buffer.byteLength(body));
  // HTTP/2 has no such field, and a stream that is refused costs the others nothing.
  if (refused.closeConnection && request.httpVersionMajor === 1) response.setHeader('connection', 'close');
  response.end(body);
}
