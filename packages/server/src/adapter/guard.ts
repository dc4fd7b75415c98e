/**
 * The verifier for plain Fetch handlers, on every runtime that has `Request` and `Response`: a request in, a verdict out,
 * with what a handler and its answer need. It routes nothing; `routeScopes` gives scopes to a handler that does.
 */
import type { Eventually } from '../eventually.js';
import { BodyRefusedError } from '../steps/body.js';
import type { Admitted, AdmittedStream, AdmittedWithBody, Refused } from '../verdict.js';
import type { Verifier } from '../verifier.js';
import { withAdmittedFields } from './fetch-answer.js';
import { admitBody, fetchBody, requestWithBody, verifiedBody } from './fetch-body.js';
import { fetchRequest, type Received } from './fetch-request.js';
import { type AdapterOptions, type BodyOptions, requireAdapterOptions } from './options.js';

/** Options of `guard`: those of every adapter, and how the body is taken. */
export interface GuardOptions extends AdapterOptions, BodyOptions {}

/** A request that was admitted, with what its handler reads and how its answer is finished. */
export interface GuardAdmitted extends Admitted {
  /** The request for the handler: its body is unread, and is the one that was verified. */
  readonly incoming: Request;
  /**
   * Resolves once the body is known to be the signed one; rejects with `BodyRefusedError`. With `body: 'buffer'` it has
   * resolved. With `body: 'stream'` the body must be read to its end first.
   */
  readonly verified: Promise<void>;
  /**
   * The handler's answer with the verdict's fields. A handler that ends in a `BodyRefusedError` is answered for by the
   * verifier; any other rejection stays one.
   */
  readonly finish: (response: Eventually<Response>) => Promise<Response>;
}

/** A request that was refused, with the answer to it. */
export interface GuardRefused extends Refused {
  /** The answer: an `application/problem+json` document with the fields of the verdict. */
  readonly response: Response;
}

/** Verifies a request and admits it. Rejects with a TypeError where something has read the body before, and else never. */
export type Guard = (request: Request, received?: Received) => Promise<GuardAdmitted | GuardRefused>;

/**
 * Makes the check of a Fetch handler. After it the body is in `incoming`, and no longer in the request that was checked.
 *
 * With `body: 'stream'` the bytes of `incoming` are unauthenticated until `await verdict.verified`.
 *
 * @throws TypeError or RangeError that names the option; `scope` is required
 */
export function guard(verifier: Verifier, options: GuardOptions): Guard {
  requireAdapterOptions(options);
  const { scope, children = false, cost = 1, body = 'buffer' } = options;
  const route = { scope, children, cost };
  return async (request, received = {}) => {
    const proved = await verifier.verify(fetchRequest(request, received, options), route);
    if (!proved.ok) return refused(proved);
    const verdict = await admitBody(proved, fetchBody(request), request.method, body);
    return verdict.ok ? admitted(request, verdict) : refused(verdict);
  };
}

function refused(verdict: Refused): GuardRefused {
  return { ...verdict, response: refusedResponse(verdict) };
}

/** HTTP/2 has no field `connection`; its servers drop it. */
function refusedResponse({ problem, status, headers, closeConnection }: Refused): Response {
  const close = closeConnection ? { connection: 'close' } : {};
  return new Response(JSON.stringify(problem), { status, headers: { ...headers, ...close } });
}

const VERIFIED = Promise.resolve();

function admitted(request: Request, verdict: Admitted | AdmittedWithBody | AdmittedStream): GuardAdmitted {
  const { ok, request: signed, key, scope, budgets, headers } = verdict;
  const verified = 'verified' in verdict ? verdict.verified : VERIFIED;
  const finish = async (response: Eventually<Response>): Promise<Response> => {
    try {
      return withAdmittedFields(await response, headers);
    } catch (error) {
      if (error instanceof BodyRefusedError && 'refuse' in verdict) {
        return refusedResponse(verdict.refuse(error));
      }
      throw error;
    }
  };
  return {
    ...{ ok, request: signed, key, scope, budgets, headers },
    incoming: 'body' in verdict ? requestWithBody(request, verifiedBody(verdict)) : request,
    verified,
    finish,
  };
}
