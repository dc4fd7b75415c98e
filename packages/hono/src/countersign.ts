/**
 * The middleware: verifies the request, admits it and hands the handler exactly what was verified.
 */
import {
  type Admitted,
  type AdmittedStream,
  type AdmittedWithBody,
  BodyRefusedError,
  type BodySource,
  type Eventually,
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
    if (!proved.ok) return refusedResponse(c, proved);
    const open = openBody(c);
    const streamed = body === 'stream' && !BODILESS.has(c.req.method);
    const verdict = await admit(proved, open?.source, streamed);
    if (!verdict.ok) return refusedResponse(c, verdict);
    const { request, key, scope: admittedScope, budgets } = verdict;
    if ('verified' in verdict) {
      replaceBody(c, readable(verdict.body));
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

function admit(
  proved: ProvedHead,
  source: BodySource | undefined,
  streamed: boolean,
): Eventually<Admitted | AdmittedWithBody | AdmittedStream | Refused> {
  if (source === undefined) return proved.withBody('');
  return streamed ? proved.stream(source) : proved.buffer(source);
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
