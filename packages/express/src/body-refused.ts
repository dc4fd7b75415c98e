/** The answer to a streamed body that turned out wrong after its request had been admitted. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AdmittedStream, BodyRefusedError } from '@countersign/server';
import { answerRefused } from './answer.js';

const streams = new WeakMap<IncomingMessage, AdmittedStream>();

/** Keeps a verdict for the error handler: what it says about a wrong body is signed for this request. */
export function rememberStream(request: IncomingMessage, verdict: AdmittedStream): void {
  streams.set(request, verdict);
}

/**
 * Error handler for routes with `body: 'stream'`; mount it after them with `app.use(answerRefusedBody)`. Answers a
 * `BodyRefusedError` that a handler let out, and passes everything else on.
 */
export function answerRefusedBody(
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  const verdict = streams.get(request);
  if (error instanceof BodyRefusedError && verdict !== undefined && !response.headersSent) {
    answerRefused(request, response, verdict.refuse(error));
  } else {
    next(error);
  }
}
