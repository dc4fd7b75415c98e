/**
 * The middleware: verifies the request, admits it and hands the handler exactly what was verified.
 */
import { type AdmittedStream, BodyRefusedError, type Verifier } from '@countersign/server';
import {
  type AdapterOptions,
  addWithHead,
  admitBody,
  type BodyOptions,
  requireAdapterOptions,
  verifiedBody,
} from '@countersign/server/adapter';
import type { Context, MiddlewareHandler, Next } from 'hono';
import { addAdmittedFields, refusedResponse, replaceAnswer } from './answer.js';
import { openBody, replaceBody } from './body.js';
import { requestHead } from './head.js';
import { nodeOutgoing } from './node-bindings.js';

/** Options of the middleware: those of every adapter, and how the body is taken. */
export interface CountersignOptions extends AdapterOptions, BodyOptions {}

/**
 * Verifies and admits requests. Belongs on the handler's own route, before whatever reads the body.
 *
 * With `body: 'stream'` the bytes that the handler reads, by `c.req` or from `c.req.raw.body`, are unauthenticated until
 * `await c.get('countersign').verified`.
 *
 * @throws TypeError or RangeError that names the option; `scope` is required
 */
export function countersign(verifier: Verifier, options: CountersignOptions): MiddlewareHandler {
  requireAdapterOptions(options);
  const { scope, children = false, cost = 1, body = 'buffer' } = options;
  const route = { scope, children, cost };
  return async (c, next) => {
    // Waited for also where it is there: the body of a request mostly comes right behind the head.
    const proved = await verifier.verify(requestHead(c, options), route);
    if (!proved.ok) return refusedResponse(c, proved);
    const open = openBody(c);
    const verdict = await admitBody(proved, open?.source, c.req.method, body);
    if (!verdict.ok) return refusedResponse(c, verdict);
    const { request, key, scope: admittedScope, budgets } = verdict;
    if ('verified' in verdict) {
      replaceBody(c, verifiedBody(verdict));
      c.set('countersign', { request, key, scope: admittedScope, budgets, verified: verdict.verified });
      return await answerStream(c, verdict, next);
    }
    if ('body' in verdict) open?.giveBack(verdict.body);
    c.set('countersign', { request, key, scope: admittedScope, budgets, verified: VERIFIED });
    const outgoing = nodeOutgoing(c);
    // Without Fetch's `Headers`, which would cost more than all else that is done to an answer here.
    if (outgoing !== undefined) addWithHead(outgoing, verdict.headers);
    await next();
    if (outgoing === undefined) addAdmittedFields(c, verdict);
    return undefined;
  };
}

const VERIFIED = Promise.resolve();

/** Lets the handler answer, unless the body that it read turned out wrong. */
async function answerStream(c: Context, verdict: AdmittedStream, next: Next): Promise<undefined> {
  const before = new Headers(c.res.headers);
  await next();
  if (c.error instanceof BodyRefusedError) replaceAnswer(c, verdict.refuse(c.error), before);
  else addAdmittedFields(c, verdict);
}
