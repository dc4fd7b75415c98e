/**
 * What a verifier does with a request, step by step and right: the core of the servers that the probe is tried on. Each
 * step is a function of its own so that a hole can take its place. It is no product: one key, no stranger is metered.
 */
import {
  CanonicalError,
  canonicalize,
  constantTimeEqual,
  type FieldLine,
  importSecret,
  type ReadRequest,
  type RequestParts,
  readRequest,
  requestPolicy,
  type SecretKey,
  scopeContains,
  sha256Hex,
} from '@countersign/canonical';
import type { RefusalCode } from '@countersign/server';
import type { Route } from './routes.js';

/** A request as it came over the wire. */
export interface Call {
  readonly method: string;
  readonly target: string;
  readonly lines: readonly FieldLine[];
  readonly body: Uint8Array;
}

/** The one key, and how long its signatures are good. */
export interface Setting {
  readonly keyId: string;
  readonly secret: string;
  readonly grants: readonly string[];
  /** The authorities that may be addressed. */
  readonly audience: readonly string[];
  readonly pastMs: number;
  readonly futureMs: number;
}

/** The steps of section 3 up to the body, each on its own. */
export interface Steps {
  /** The head, every part well-formed. Throws CanonicalError. */
  readonly read: (call: Call) => ReadRequest;
  /** What the MAC may be of: it is enough that it fits one of them. */
  readonly covered: (parts: RequestParts) => readonly RequestParts[];
  /** The answer for a key that is not there. */
  readonly unknownKey: RefusalCode | 'unknown-key';
  readonly freshness: (ts: string, nowMs: number) => RefusalCode | undefined;
  /** The scope that the request is for. */
  readonly scope: (signed: string, route: Route, call: Call) => { readonly scope: string } | RefusalCode;
  readonly bodyFits: (digest: string, body: Uint8Array) => boolean;
}

/** A head that was proved, with the secret that its answers are authenticated by. */
export interface ProvedCall {
  readonly request: ReadRequest;
  readonly secret: SecretKey;
  readonly scope: string;
}

export interface RefusedCall {
  readonly code: RefusalCode | 'unknown-key';
  /** Known once the key was proved. */
  readonly proved?: Omit<ProvedCall, 'scope'>;
}

/** The steps as they should be. */
export function rightSteps({ audience, grants, pastMs, futureMs }: Setting): Steps {
  const policy = requestPolicy({ audience });
  return {
    read: ({ method, target, lines }) => readRequest({ method, target, headers: lines }, policy),
    covered: (parts) => [parts],
    unknownKey: 'invalid-signature',
    freshness: (ts, nowMs) => {
      if (Number(ts) < nowMs - pastMs) return 'stale-timestamp';
      return Number(ts) > nowMs + futureMs ? 'future-timestamp' : undefined;
    },
    scope: (signed, route) => {
      const scope = signed === '' ? route.scope : signed;
      const fits = scope === route.scope || (route.children && scopeContains(route.scope, scope));
      if (!fits) return 'scope-mismatch';
      return grants.some((grant) => scopeContains(grant, scope)) ? { scope } : 'scope-not-granted';
    },
    bodyFits: (digest, body) => constantTimeEqual(digest, sha256Hex(body)),
  };
}

/** Makes of the steps what comes before the admission. */
export function verification(
  steps: Steps,
  { keyId, secret: text }: Setting,
): (call: Call, route: Route, nowMs: number) => ProvedCall | RefusedCall {
  const secret = importSecret(text);
  return (call, route, nowMs) => {
    let request: ReadRequest;
    try {
      request = steps.read(call);
    } catch (error) {
      if (error instanceof CanonicalError) return { code: error.code };
      throw error;
    }
    const { key, ts, sig, digest, scope: signed } = request.authorization;
    if (key !== keyId) return { code: steps.unknownKey };
    const fits = steps.covered(request.parts).some((parts) => {
      return constantTimeEqual(secret.hmacHex(canonicalize(parts)), sig);
    });
    if (!fits) return { code: 'invalid-signature' };
    const proved = { request, secret };
    const old = steps.freshness(ts, nowMs);
    if (old !== undefined) return { code: old, proved };
    const scope = steps.scope(signed, route, call);
    if (typeof scope === 'string') return { code: scope, proved };
    if (!steps.bodyFits(digest, call.body)) return { code: 'digest-mismatch', proved };
    return { ...proved, ...scope };
  };
}
