/**
 * Signed requests for a probe: with the client's signer, and, for what the signer rightly refuses to sign, over canonical
 * parts that were tampered with. It sends nothing.
 */
import {
  type AuthorizationFields,
  canonicalize,
  type FieldLine,
  formatAuthorization,
  hmacSha256Hex,
  parseAuthorization,
  type RequestParts,
  readRequest,
  requestPolicy,
} from '@countersign/canonical';
import { createSigner } from '@countersign/client';
import { asUsage } from '../terminal/usage-error.js';
import type { Plan } from './plan.js';
import { fieldOf, type RawRequest } from './raw-request.js';

/** What is other than in the plan. */
export interface Draft {
  readonly method?: string;
  readonly target?: string;
  readonly body?: Buffer;
  /** Fields besides those of the plan; all of them are signed. */
  readonly added?: readonly FieldLine[];
  readonly scope?: string;
  readonly keyId?: string;
  readonly secret?: Uint8Array;
  readonly audience?: string;
  /** The Host field. */
  readonly host?: string;
  /** By how much the signer's clock is ahead. */
  readonly aheadMs?: number;
  readonly nonce?: string;
  /** Asks a server in debug mode to explain. */
  readonly debug?: boolean;
}

/** Throws what the signer throws for what cannot be signed. */
export function signDraft(plan: Plan, draft: Draft = {}): RawRequest {
  const { method = plan.method, target = plan.target, body = plan.body, added = [], nonce } = draft;
  const signer = createSigner({
    keyId: draft.keyId ?? plan.credentials.keyId,
    secret: draft.secret ?? plan.credentials.secret,
    scope: draft.scope ?? plan.scope,
    audience: draft.audience ?? plan.audience,
    header: plan.signatureField,
    signHeaders: added.map(([name]) => name),
    now: () => Date.now() + (draft.aheadMs ?? 0),
    debug: draft.debug ?? false,
    ...(nonce === undefined ? {} : { nonce: () => nonce }),
  });
  const headers = [...plan.headers, ...added];
  const signature = Object.entries(signer.sign({ method, target, headers, body }));
  const hasLength = body.length > 0 || !['GET', 'HEAD'].includes(method);
  const length: FieldLine[] = hasLength ? [['Content-Length', String(body.length)]] : [];
  return {
    method,
    target,
    headers: [['Host', draft.host ?? plan.url.host], ...headers, ...length, ...signature],
    body,
  };
}

/** @throws UsageError when what the plan names cannot be signed */
export function requireSignable(plan: Plan): void {
  asUsage('the request cannot be signed', () => signDraft(plan));
  for (const target of plan.also) asUsage(`--also ${target}`, () => signDraft(plan, { target }));
  const { otherScope: scope } = plan;
  if (scope !== undefined) asUsage('--other-scope', () => signDraft(plan, { scope }));
}

/** What a request's signature says, and what it covers. Throws where the request is not one that a signer makes. */
export function readSigned(
  plan: Plan,
  request: RawRequest,
): { readonly authorization: AuthorizationFields; readonly parts: RequestParts } {
  const policy = requestPolicy({ audience: plan.audience, header: plan.signatureField });
  return readRequest(request, policy);
}

/**
 * The request signed anew over parts that no signer would sign: what a holder of the key can send.
 *
 * @param changes to the parts of the canonical string; those of the signature field appear there too
 * @param secret default: the plan's; may be of any length
 */
export function forge(
  plan: Plan,
  request: RawRequest,
  changes: Partial<RequestParts>,
  secret: Uint8Array = plan.credentials.secret,
): RawRequest {
  const { authorization, parts } = readSigned(plan, request);
  const forged = { ...parts, ...changes };
  const { key, ts, nonce, scope, digest } = forged;
  const headers = changes.headers?.map(([name]) => name) ?? authorization.headers;
  const sig = hmacSha256Hex(secret, canonicalize(forged));
  const value = formatAuthorization({ key, ts, nonce, scope, digest, headers, sig });
  return withField(request, plan.signatureField, value);
}

/** The signature of a request as it stands in its field. */
export function authorizationOf(plan: Plan, request: RawRequest): AuthorizationFields {
  const value = fieldOf(request.headers, plan.signatureField) ?? '';
  return parseAuthorization(value, plan.signatureField);
}

/** The request with other parameters in its signature field, the signature being the old one unless it is given. */
export function withParameters(
  plan: Plan,
  request: RawRequest,
  changes: Partial<AuthorizationFields>,
): RawRequest {
  const value = formatAuthorization({ ...authorizationOf(plan, request), ...changes });
  return withField(request, plan.signatureField, value);
}

/** The request with another value in the field of this lower-case name. */
export function withField(request: RawRequest, name: string, value: string): RawRequest {
  const headers = request.headers.map(
    ([each, old]): FieldLine => [each, each.toLowerCase() === name ? value : old],
  );
  return { ...request, headers };
}
