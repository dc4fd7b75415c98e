/** Writes verdicts on a `node:http` response: a refusal as a whole answer, an admission as fields of the application's. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admitted, Refused } from '@countersign/server';
import onHeaders from 'on-headers';
import vary from 'vary';

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

/** Adds the fields of an admission when the head is written: only then is it known what the application has set. */
export function addAdmittedFields(response: ServerResponse, { headers }: Admitted): void {
  onHeaders(response, () => {
    for (const [name, value] of Object.entries(headers)) {
      if (name === 'vary') vary(response, value);
      else if (name !== 'cache-control' || !response.hasHeader(name)) response.setHeader(name, value);
    }
  });
}
