/**
 * Steps 6 and 7 of spec 3: the body and the admission, in the order that the adapter's mode asks for. The body is
 * checked before it counts, except where it is streamed.
 */

import type { ProvedCaller } from './answer.js';
import { type Attempt, admit, refuse } from './attempt.js';
import { after, type Eventually } from './eventually.js';
import type { Key } from './keys/key.js';
import { chargesFor } from './limits.js';
import type { VerifierConfig } from './options.js';
import { isRefusal, type Refusal, refusal } from './refusals.js';
import { type RouteOptions, routeCost } from './route.js';
import { admissionOf, judgeAdmission } from './steps/admit.js';
import { askStore } from './steps/ask-store.js';
import {
  type BodyRefusedError,
  checkAnnouncedLength,
  checkBody,
  readBody,
  streamBody,
} from './steps/body.js';
import type { Admitted, AdmittedWithBody, Proved, ProvedHead, Refused } from './verdict.js';

/** Offers what is left to do for a proved head, or refuses it for its cost or its announced length. */
export function provedHead(
  config: VerifierConfig,
  attempt: Attempt,
  proved: Proved,
  caller: ProvedCaller,
  key: Key,
  route: RouteOptions,
): ProvedHead | Refused {
  const { bodyLimits, store, storeTimeoutMs, window } = config;
  const { digest } = caller.request.authorization;
  const no = (refused: Refusal): Refused => refuse(config, attempt, refused);

  const tooLong = checkAnnouncedLength(caller.request.fields, bodyLimits);
  if (tooLong !== undefined) return no(tooLong);
  const cost = routeCost(route.cost, proved.request);
  if (isRefusal(cost)) return no(cost);
  const charges = chargesFor(key.limits ?? config.limits, proved.scope, cost);
  const admission = admissionOf(caller.request, key.owner, charges, storeTimeoutMs);

  const count = (): Eventually<Admitted | Refused> =>
    after(
      askStore(() => store.admit(admission), storeTimeoutMs),
      (result) => {
        const levels = isRefusal(result) ? result : judgeAdmission(result, window.clock);
        return isRefusal(levels) ? no(levels) : admit(config, attempt, proved, caller, levels);
      },
    );

  const { request, key: provedKey, scope } = proved;
  return {
    ok: true,
    request,
    key: provedKey,
    scope,
    withBody: (body) => {
      attempt.bodyRead = true;
      const wrong = checkBody(body, digest, bodyLimits);
      return wrong === undefined ? count() : no(wrong);
    },
    buffer: (source) =>
      after(readBody(source, digest, bodyLimits), (body) => {
        // Another digest is known only at the end; the connection can go on.
        attempt.bodyRead = !isRefusal(body) || body.refused === 'digest-mismatch';
        if (isRefusal(body)) return no(body);
        return after(count(), (verdict) => (verdict.ok ? withBody(verdict, body) : verdict));
      }),
    stream: (source) =>
      after(count(), (verdict) => {
        if (!verdict.ok) return verdict;
        const streamed = streamBody(source, digest, bodyLimits);
        const refuseCharged = ({ code, message }: BodyRefusedError): Refused =>
          no(refusal(code, message, { members: { charged: true }, deadSinceMs: window.clock.nowMs() }));
        return { ...verdict, ...streamed, refuse: refuseCharged };
      }),
  };
}

/** Written out: copying it by spreading takes 3 µs in a server. */
function withBody({ request, key, scope, budgets, headers }: Admitted, body: Uint8Array): AdmittedWithBody {
  return { ok: true, request, key, scope, budgets, headers, body };
}
