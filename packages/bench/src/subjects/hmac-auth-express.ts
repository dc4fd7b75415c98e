/** hmac-auth-express: HMAC over time, method, URL and the MD5 of the body as parsed and serialised again. */
import { generate, HMAC } from 'hmac-auth-express';
import type { Call } from '../alternate.js';
import { type Body, METHOD, TARGET } from '../order-request.js';
import { made, repeated } from './calls.js';

const SECRET = 'werxhqb98rpaxn39848xrunpaw3489ru';
type Middleware = ReturnType<typeof HMAC>;

function sign({ json }: Body): string {
  const now = Date.now();
  return `HMAC ${now}:${generate(SECRET, 'sha256', now, METHOD, TARGET, json).digest('hex')}`;
}

export function signWithHmacAuthExpress(body: Body): Call<undefined> {
  return repeated({
    name: 'hmac-auth-express',
    role: 'peer',
    note: 'body by MD5 of its JSON',
    call: () => sign(body),
  });
}

export function verifyWithHmacAuthExpress(body: Body): Call<string> {
  const middleware = HMAC(SECRET, { minInterval: 10 });
  return {
    name: 'hmac-auth-express',
    role: 'peer',
    note: 'MAC, MD5 of the JSON, freshness; no replay check, no budget',
    prepare: (count) => made(count, () => sign(body)),
    call: (authorization) => run(middleware, authorization, body),
  };
}

/** Runs the middleware as a function, on the parts of an Express request that it uses. */
async function run(middleware: Middleware, authorization: string, { json }: Body): Promise<void> {
  const request = { method: METHOD, originalUrl: TARGET, body: json, get: () => authorization };
  let failure: unknown;
  await Reflect.apply(middleware, undefined, [
    request,
    undefined,
    (error: unknown) => {
      failure = error;
    },
  ]);
  if (failure !== undefined) throw failure;
}
