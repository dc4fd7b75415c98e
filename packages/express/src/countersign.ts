/**
 * The middleware: verifies the request, admits it and hands the handler exactly what was verified. It parses nothing;
 * body parsers come after it.
 */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { AdmittedStream, Eventually, ProvedHead, Verdict, Verifier } from '@countersign/server';
import {
  type AdapterOptions,
  addWithHead,
  announcedBodyBytes,
  type BodyOptions,
  isUnread,
  nodeBody,
  nodeRequest,
  requireAdapterOptions,
} from '@countersign/server/adapter';
import { answerRefused } from './answer.js';
import { rememberStream } from './body-refused.js';
import type { SignableRequest } from './countersigned.js';

/** Options of the middleware: those of every adapter, and how the body is taken. */
export interface CountersignOptions extends AdapterOptions, BodyOptions {}

/** Express middleware, by the parts of Express that it uses. */
export type CountersignMiddleware = (
  request: SignableRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Verifies and admits requests. Belongs on the handler's own route, before any body parser.
 *
 * With `body: 'stream'` the handler reads `request.countersign.body`, and its bytes are unauthenticated until
 * `await request.countersign.verified`.
 *
 * @throws TypeError or RangeError that names the option; `scope` is required
 */
export function countersign(verifier: Verifier, options: CountersignOptions): CountersignMiddleware {
  requireAdapterOptions(options);
  const { scope, children = false, cost = 1, body = 'buffer' } = options;
  const route = { scope, children, cost };
  return (request, response, next) => {
    const proceed = (verdict: Verdict | AdmittedStream): void => {
      if (!verdict.ok) {
        answerRefused(request, response, verdict);
        return;
      }
      addWithHead(response, verdict.headers);
      attach(request, verdict);
      next();
    };
    const verify = async (): Promise<Verdict | AdmittedStream> => {
      const head = nodeRequest(request, request.originalUrl ?? request.url ?? '', options);
      // Waited for also where it is there: the body of a request mostly comes right behind the head.
      const proved = await verifier.verify(head, route);
      return proved.ok ? admit(request, proved, body) : proved;
    };
    verify().then(proceed).catch(next);
  };
}

function admit(
  request: SignableRequest,
  proved: ProvedHead,
  body: 'buffer' | 'stream',
): Eventually<Verdict | AdmittedStream> {
  if (announcedBodyBytes(request) === 0) return proved.withBody('');
  if (!isUnread(request)) {
    throw new TypeError(
      'countersign: the body was read before it could be verified; mount the body parser after the verifier',
    );
  }
  return body === 'buffer'
    ? proved.buffer(nodeBody(request, { putBack: true }))
    : proved.stream(nodeBody(request, { putBack: false }));
}

const VERIFIED = Promise.resolve();

function attach(request: SignableRequest, verdict: (Verdict & { readonly ok: true }) | AdmittedStream): void {
  const { request: signed, key, scope, budgets } = verdict;
  if (!('verified' in verdict)) {
    request.countersign = { request: signed, key, scope, budgets, verified: VERIFIED, body: request };
    return;
  }
  const body = Readable.from(verdict.body, { objectMode: false });
  // A reader hears of the error in any case; without a listener it would end the process.
  body.on('error', () => {});
  rememberStream(request, verdict);
  request.countersign = { request: signed, key, scope, budgets, verified: verdict.verified, body };
}
