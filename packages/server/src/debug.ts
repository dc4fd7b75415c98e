/**
 * Debug answers: why a signature does not match, for a client that sends what it signed. Computed from the request
 * and public configuration alone: the answer is the same for unknown keys and holds no expected MAC.
 */
import {
  canonicalize,
  DEBUG_FIELD,
  explainDifference,
  parseDebug,
  type ReadRequest,
} from '@countersign/canonical';

const SAME_STRING =
  'both sides have the same canonical string: the secret differs, or the key is not usable here';

/** The members that explain an `invalid-signature`; none when the client did not ask. */
export function debugMembers(request: ReadRequest): Readonly<Record<string, unknown>> {
  const client = parseDebug(request.fields.get(DEBUG_FIELD)[0] ?? '');
  if (client === undefined) return {};
  return { debug: explainDifference(client, canonicalize(request.parts)) ?? { cause: SAME_STRING } };
}
