/**
 * An error of the canonical package, and the field of the page at which it belongs. An error names no field of a page;
 * which one it is, the same package's functions say when they are asked about each field alone.
 */
import {
  CanonicalError,
  canonicalTarget,
  isKeyId,
  isMethod,
  isNonce,
  isScope,
  isTimestamp,
  type RequestRefusal,
} from '@countersign/canonical';
import { type Draft, type FieldName, readControls } from './canonicalize-draft.js';

/** Why there is no canonical string. */
export interface Problem {
  /** The code that a verifier refuses with; absent for a wrong option or secret, which no verifier gets to see. */
  readonly code?: RequestRefusal;
  readonly message: string;
  readonly field: FieldName;
}

/** How the package names its options in a TypeError, and where they stand in the page. */
const OPTIONS: Record<string, FieldName> = {
  keyId: 'keyId',
  secret: 'secret',
  header: 'signatureField',
  audience: 'audience',
  requireSigned: 'requireSigned',
  headers: 'headers',
};

/** Places an error. Throws what is neither a CanonicalError nor about an option: that is a bug. */
export function problemOf(error: unknown, draft: Draft): Problem {
  if (error instanceof CanonicalError) {
    const { code, message } = error;
    return { code, message, field: fieldOf(code, draft) };
  }
  const [, option = '', message = ''] =
    /^(\w+): (.*)$/s.exec(error instanceof TypeError ? error.message : '') ?? [];
  const field = OPTIONS[option];
  if (field === undefined) throw error;
  return { message, field };
}

function fieldOf(code: RequestRefusal, draft: Draft): FieldName {
  switch (code) {
    case 'malformed-target':
    case 'ambiguous-target':
      return isTarget(readControls(draft.target)) ? 'method' : 'target';
    case 'malformed-request':
      return isMethod(readControls(draft.method)) ? 'headers' : 'method';
    case 'wrong-audience':
      return 'audience';
    default:
      return draft.mode === 'sign' ? parameterOf(draft) : 'headers';
  }
}

function isTarget(target: string): boolean {
  try {
    canonicalTarget(target);
    return true;
  } catch {
    return false;
  }
}

/** The first field that no signature could carry. */
function parameterOf(draft: Draft): FieldName {
  if (!isKeyId(draft.keyId)) return 'keyId';
  if (!isTimestamp(draft.timestamp)) return 'timestamp';
  if (!isNonce(draft.nonce)) return 'nonce';
  if (draft.scope !== '' && !isScope(draft.scope)) return 'scope';
  return draft.signedNames === undefined ? 'headers' : 'signedNames';
}
