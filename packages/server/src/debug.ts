/**
 * Debug answers: why a signature does not match, for a client that sends what it signed. Computed from the request
 * and public configuration alone: the answer is the same for unknown keys and holds no expected MAC.
 */
import { canonicalize, explainDifference, type ReadRequest } from '@countersign/canonical';

/** The field in which a client in debug mode sends its canonical string, in base64url without padding. */
export const DEBUG_FIELD = 'countersign-debug';

const MAX_DEBUG_CHARACTERS = 4096;
const SAME_STRING =
  'both sides have the same canonical string: the secret differs, or the key is not usable here';

/** The members that explain an `invalid-signature`; none when the client did not ask. */
export function debugMembers(request: ReadRequest): Readonly<Record<string, unknown>> {
  const [sent] = request.fields.get(DEBUG_FIELD) ?? [];
  if (sent === undefined || sent.length > MAX_DEBUG_CHARACTERS || !/^[A-Za-z0-9_-]+$/.test(sent)) return {};
  const client = decodeBase64url(sent);
  if (client === undefined) return {};
  return { debug: explainDifference(client, canonicalize(request.parts)) ?? { cause: SAME_STRING } };
}

function decodeBase64url(text: string): string | undefined {
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return undefined;
  }
}
