/**
 * The middleware: verifies the request, admits it and hands the handler exactly what was verified.
 */
import {
  type Admitted,
  type AdmittedStream,
  BodyRefusedError,
  type ProvedHead,
  type Refused,
  type Verifier,
} from '@countersign/server';
import {
  type AdapterOptions,
  addWithHead,
  type BodyOptions,
  requireAdapterOptions,
} from '@countersign/server/adapter';
import type { Context, MiddlewareHandler, Next } from 'hono';
import { addAdmittedFields, refusedResponse, replaceAnswer } from './answer.js';
import { openBody, replaceBody } from './body.js';
import { requestHead } from './head.js';
import { nodeOutgoing } from './node-bindings.js';

export interface CountersignOptions extends AdapterOptions, BodyOptions {}

/** Methods whose Fetch `Request` cannot carry a body: theirs is always read before admission. */
const BODILESS = new Set(['GET', 'HEAD', 'TRACE']);

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
    const verdict = proved.ok ? await admit(c, proved, body) : proved;
    if (!verdict.ok) return refusedResponse(c, verdict);
    const { request, key, budgets } = verdict;
    const verified = isStream(verdict) ? verdict.verified : VERIFIED;
    c.set('countersign', { request, key, scope: verdict.scope, budgets, verified });
    if (isStream(verdict)) return await answerStream(c, verdict, next);
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

function isStream(verdict: Admitted): verdict is AdmittedStream {
  return 'verified' in verdict;
}

async function admit(
  c: Context,
  proved: ProvedHead,
  mode: 'buffer' | 'stream',
): Promise<Admitted | AdmittedStream | Refused> {
  const body = openBody(c);
  if (body === undefined) return proved.withBody('');
  if (mode === 'buffer' || BODILESS.has(c.req.method)) {
    const verdict = await proved.buffer(body.source);
    if (verdict.ok) body.giveBack(verdict.body);
    return verdict;
  }
  const verdict = await proved.stream(body.source);
  if (verdict.ok) replaceBody(c, readable(verdict.body));
  return verdict;
}

/** The body as a stream that reads no further than it is read. */
function readable(body: AsyncGenerator<Uint8Array, void, void>): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await body.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await body.return();
      },
    },
    { highWaterMark: 0 },
  );
}
