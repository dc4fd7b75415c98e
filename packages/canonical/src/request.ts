/**
 * From a request's raw head to what its signature covers: every rule of spec 2.2, in the order in which refusals
 * apply. It proves nothing: the MAC is still to be compared.
 */
import { type Audience, type AudiencePolicy, audiencePolicy, requestAudience } from './audience.js';
import { type AuthorizationFields, parseAuthorization } from './authorization.js';
import type { RequestParts } from './canonical-string.js';
import { CanonicalError } from './errors.js';
import { DEFAULT_SIGNATURE_FIELD, fieldsRequiredSigned, isSignable } from './field-names.js';
import { collectFields, type FieldLine, type Fields, signedValue } from './fields.js';
import { isMethod } from './method.js';
import { canonicalTarget } from './target.js';
import { requireText } from './wrong-option.js';

/** The head of a request as it came over the wire. */
export interface RequestHead {
  /** As it stands on the request line. */
  readonly method: string;
  /** The raw request target: origin-form or absolute-form. */
  readonly target: string;
  /** Field lines in any case and order, one a line; or a Fetch `Headers`, where lines of one name are joined. */
  readonly headers: Iterable<FieldLine>;
}

/** What a verifier demands of a request head. Made by `requestPolicy`. */
export interface RequestPolicy {
  /** The field that carries the signature, in lower case. */
  readonly signatureField: string;
  /** Whom requests may address. */
  readonly audience: AudiencePolicy;
  /** Fields that may not be present unsigned, in lower case: those of spec 2.2.6 and those of the operator. */
  readonly requiredSigned: readonly string[];
}

/** A request head whose every part is well-formed. */
export interface ReadRequest {
  /** The parameters of the signature field, as claimed: nothing is proved yet. */
  readonly authorization: AuthorizationFields;
  /** What the canonical string is written from. */
  readonly parts: RequestParts;
  /** All field lines, by lower-case name. */
  readonly fields: Fields;
}

/**
 * Checks the options of a verifier that concern the head.
 *
 * @param options.header the field that carries the signature; default `authorization`
 * @param options.requireSigned further fields that may not be present unsigned
 * @throws TypeError that names the option
 */
export function requestPolicy(options: {
  readonly audience: Audience;
  readonly header?: string;
  readonly requireSigned?: readonly string[];
}): RequestPolicy {
  const signatureField = signatureFieldName(options.header);
  const { requireSigned = [] } = options;
  if (!Array.isArray(requireSigned)) throw new TypeError('requireSigned: expected a list of field names');
  const added = requireSigned.map((given: unknown) => {
    const fits = (name: string): boolean => isSignable(name.toLowerCase(), signatureField);
    return requireText('requireSigned', given, fits, 'a field that can be signed').toLowerCase();
  });
  return {
    signatureField,
    audience: audiencePolicy(options.audience),
    requiredSigned: [...new Set([...fieldsRequiredSigned(signatureField), ...added])],
  };
}

/**
 * Reads a `header` option: the name of the field that carries the signature, in lower case.
 *
 * @throws TypeError when it is not a field name, or one that hops change (spec 2.2.6, unsignable)
 */
export function signatureFieldName(header: string = DEFAULT_SIGNATURE_FIELD): string {
  const fits = (name: string): boolean => isSignable(name.toLowerCase(), '');
  return requireText('header', header, fits, 'a field name that can carry a signature').toLowerCase();
}

/**
 * Reads a request head.
 *
 * @throws CanonicalError with the first refusal of spec 2.2 that applies
 */
export function readRequest(head: RequestHead, policy: RequestPolicy): ReadRequest {
  const fields = collectFields(head.headers);
  const authorization = readAuthorization(fields, policy.signatureField);
  // Before the target: `malformed-target` comes before the `ambiguous-target` that its path may earn.
  if (head.method === 'CONNECT')
    throw new CanonicalError('malformed-target', 'CONNECT has no target that can be signed');
  const target = canonicalTarget(head.target);
  if (!isMethod(head.method))
    throw new CanonicalError('malformed-request', 'the method is not upper-case letters');
  const headers = authorization.headers.map((name) => [name, signedValue(fields, name)] as const);
  for (const name of policy.requiredSigned) {
    if (fields.has(name) && !authorization.headers.includes(name)) {
      throw new CanonicalError('malformed-request', `the field ${name} is present and not signed`);
    }
  }
  const audience = requestAudience(policy.audience, fields, target.authority);
  const { key, ts, nonce, scope, digest } = authorization;
  const { path, query } = target;
  const parts = { method: head.method, audience, path, query, digest, ts, nonce, key, scope, headers };
  return { authorization, parts, fields };
}

function readAuthorization(fields: Fields, signatureField: string): AuthorizationFields {
  const [value, second] = fields.get(signatureField);
  if (value === undefined)
    throw new CanonicalError('missing-signature', `there is no ${signatureField} field`);
  if (second !== undefined) {
    throw new CanonicalError('malformed-signature', `the ${signatureField} field stands on several lines`);
  }
  return parseAuthorization(value, signatureField);
}
