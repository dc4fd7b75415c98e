/**
 * Steps 1 to 5 of spec 3: from a raw head to a proved one. Nothing is told to, stored for or read from a caller who
 * has not proved a key, but the count of its address's failures.
 */
import { CanonicalError, type ReadRequest, readRequest } from '@countersign/canonical';
import type { ProvedCaller } from './answer.js';
import { type Attempt, type IncomingRequest, refuse } from './attempt.js';
import { debugMembers } from './debug.js';
import { after, type Eventually } from './eventually.js';
import { addressGroup } from './failures/client-address.js';
import type { Key } from './keys/key.js';
import type { VerifierConfig } from './options.js';
import { provedHead } from './proved-head.js';
import { isRefusal, type Refusal, refusal } from './refusals.js';
import type { RouteOptions } from './route.js';
import { signedRequest } from './signed-request.js';
import { findKey } from './steps/find-key.js';
import { checkFreshness } from './steps/freshness.js';
import { prove } from './steps/prove.js';
import { effectiveScope } from './steps/scope.js';
import type { ProvedHead, Refused } from './verdict.js';

export function verifyHead(
  config: VerifierConfig,
  incoming: IncomingRequest,
  route: RouteOptions,
): Eventually<ProvedHead | Refused> {
  const attempt: Attempt = {
    incoming,
    startedAtMs: config.window.clock.monotonicMs(),
    fields: undefined,
    claimedKeyId: undefined,
    caller: undefined,
    key: undefined,
    scope: undefined,
    bodyRead: false,
  };
  // 1 parse
  const request = parse(config, incoming);
  if (isRefusal(request)) return refuseStranger(config, attempt, request);
  const { key: keyId } = request.authorization;
  attempt.fields = request.fields;
  attempt.claimedKeyId = keyId;
  // 2 find the key
  const isSpent = (): boolean => config.failures.isSpentByItself(groupOf(incoming));
  return after(findKey(config.keys, keyId, isSpent), (key) => {
    if (isRefusal(key)) return refuse(config, attempt, key);
    // 3 prove it
    const nowMs = config.window.clock.nowMs();
    const secret = prove(request, key, config.dummy, nowMs);
    if (key === undefined || secret === undefined) {
      const members = config.debug ? debugMembers(request) : {};
      return refuseStranger(config, attempt, refusal('invalid-signature', invalidReason(key), { members }));
    }
    config.keys.touch?.(key.id);
    const caller = { request, secret };
    attempt.caller = caller;
    attempt.key = key;
    return verifyProved(config, attempt, caller, key, route, nowMs);
  });
}

/** Steps 4 and 5, for a caller who has proved a key: every refusal is authenticated from here on. */
function verifyProved(
  config: VerifierConfig,
  attempt: Attempt,
  caller: ProvedCaller,
  key: Key,
  route: RouteOptions,
  nowMs: number,
): Eventually<ProvedHead | Refused> {
  const { window, store, storeTimeoutMs } = config;
  const request = signedRequest(caller.request.parts);
  // 4 freshness
  return after(checkFreshness(window, store, storeTimeoutMs, key, request.signedAtMs, nowMs), (outside) => {
    if (outside !== undefined) return refuse(config, attempt, outside);
    // 5 scope
    const scope = effectiveScope(request, key, route.scope, route.children ?? false);
    if (isRefusal(scope)) return refuse(config, attempt, scope);
    attempt.scope = scope;
    const { id, owner, scopes } = key;
    // 6 body and 7 admission
    return provedHead(
      config,
      attempt,
      { ok: true, request, key: { id, owner, scopes }, scope },
      caller,
      key,
      route,
    );
  });
}

function parse(config: VerifierConfig, incoming: IncomingRequest): ReadRequest | Refusal {
  try {
    return readRequest(incoming, config.policy);
  } catch (error) {
    if (error instanceof CanonicalError) return refusal(error.code, error.message);
    throw error;
  }
}

/** Refuses someone who proved nothing: counted for the address, which once spent gets another answer. */
function refuseStranger(config: VerifierConfig, attempt: Attempt, earned: Refusal): Refused {
  const { failures } = config;
  const group = groupOf(attempt.incoming);
  if (!failures.isSpent(group)) {
    failures.record(group);
    return refuse(config, attempt, earned);
  }
  const retryAfterMs = failures.waitMs(group);
  const level = { ...failures.policy, remaining: 0, resetMs: retryAfterMs };
  const reason = `${earned.refused}: ${earned.reason}`;
  return refuse(config, attempt, refusal('too-many-failures', reason, { retryAfterMs, levels: [level] }));
}

/** The address group that failures count for. */
function groupOf({ address }: IncomingRequest): string | undefined {
  return address === undefined ? undefined : addressGroup(address);
}

function invalidReason(key: Key | undefined): string {
  return key === undefined
    ? 'no such key, or it was not asked for'
    : 'the key is not usable now, or none of its secrets gives this MAC';
}
