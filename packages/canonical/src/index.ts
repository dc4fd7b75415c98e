/**
 * @countersign/canonical: the Countersign protocol as pure code. No clock, no I/O, no randomness.
 *
 * @packageDocumentation
 */
export { createSha256, sha256Hex } from '#hash';
export { ANY_HOST, type Audience, type AudiencePolicy, audiencePolicy } from './audience.js';
export { canonicalAuthority, requireAuthority } from './authority.js';
export {
  type AuthorizationFields,
  formatAuthorization,
  isHex256,
  isKeyId,
  isNonce,
  isTimestamp,
  MAX_FIELD_VALUE_BYTES,
  parseAuthorization,
  SCHEME,
} from './authorization.js';
export { canonicalize, parseCanonical, type RequestParts } from './canonical-string.js';
export { constantTimeEqual } from './constant-time.js';
export { DEBUG_FIELD, formatDebug, parseDebug } from './debug-field.js';
export { CanonicalError, REQUEST_REFUSALS, type RequestRefusal } from './errors.js';
export { type Difference, explainDifference, fixFor } from './explain.js';
export {
  DEFAULT_SIGNATURE_FIELD,
  fieldsRequiredSigned,
  fieldsSignedWhenPresent,
  isSignable,
  MAX_SIGNED_FIELDS,
  VERDICT_FIELD,
} from './field-names.js';
export { collectFields, type FieldLine, type Fields, signedValue } from './fields.js';
export type { Sha256 } from './hash/types.js';
export { isMethod } from './method.js';
export { type PastedText, pastedCanonical } from './pasted.js';
export { rootName } from './query.js';
export {
  type ReadRequest,
  type RequestHead,
  type RequestPolicy,
  readRequest,
  requestPolicy,
  signatureFieldName,
} from './request.js';
export { isScope, scopeContains, scopePath } from './scope.js';
export {
  formatSecret,
  hmacSha256Hex,
  importSecret,
  requireKeyId,
  type SecretKey,
  secretBytes,
} from './secret.js';
export { type CanonicalTarget, canonicalTarget } from './target.js';
export type { RequestVector, VerdictVector } from './vector.js';
export { formatVerdict, openVerdict, type VerdictFields, type VerdictSubject } from './verdict-field.js';
export { requireText, wrongOption } from './wrong-option.js';
