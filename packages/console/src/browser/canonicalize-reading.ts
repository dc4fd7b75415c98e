/**
 * From a draft to its canonical string and signature, or to the refusal that it earns. All of the protocol is
 * `@countersign/canonical`'s: a draft is read as a verifier reads a request, and a signature that is to be made is read
 * first without its MAC. Only at which field an error belongs is found out here, by asking the same functions.
 */
import {
  ANY_HOST,
  type AuthorizationFields,
  canonicalize,
  constantTimeEqual,
  explainDifference,
  fieldsSignedWhenPresent,
  formatAuthorization,
  importSecret,
  type ReadRequest,
  readRequest,
  requestPolicy,
  requireKeyId,
  SCHEME,
  sha256Hex,
} from '@countersign/canonical';
import { type Draft, readControls } from './canonicalize-draft.js';
import { type HeaderLine, parseHeaderLines } from './canonicalize-header-lines.js';
import { type Problem, problemOf } from './canonicalize-problem.js';

/** One line of the canonical string. */
export interface CanonicalLine {
  /** As `explainDifference` names it: `path`, `query`, `header content-type`, … */
  readonly part: string;
  readonly text: string;
}

/** A draft that has a canonical string. */
export interface Reading {
  readonly request: ReadRequest;
  readonly text: string;
  readonly lines: readonly CanonicalLine[];
  readonly headerLines: readonly HeaderLine[];
  /** The field that carries the signature. */
  readonly signatureField: string;
  /** The names that are signed. */
  readonly signedNames: readonly string[];
  /** Under the secret; absent without a secret. */
  readonly signature?: string;
  /** Name and value of the field to send; absent without a signature. */
  readonly fieldLine?: string;
  /** Of a signature that is checked: whether it and the digest are right; `signature` is absent without a secret. */
  readonly checked?: { readonly signature?: boolean; readonly digest: boolean };
  /** What is wrong with the secret. */
  readonly secretProblem?: Problem;
}

/** Reads a draft. */
export function readDraft(draft: Draft): Reading | Problem {
  try {
    return read(draft);
  } catch (error) {
    return problemOf(error, draft);
  }
}

/** Whether a draft has no canonical string. */
export function isProblem(outcome: Reading | Problem): outcome is Problem {
  return 'message' in outcome;
}

function read(draft: Draft): Reading {
  const policy = requestPolicy({
    audience: audienceOption(draft),
    ...(draft.signatureField === '' ? {} : { header: draft.signatureField }),
    requireSigned: words(draft.requireSigned),
  });
  const { signatureField } = policy;
  const given = parseHeaderLines(draft.headers);
  const digest = digestOf(draft.body);
  const headerLines = draft.mode === 'check' ? given : withoutSignature(given, signatureField);
  const headers = headerLines.map(({ name, value }): [string, string] => [name, value]);
  if (draft.mode === 'sign') {
    const names = signedNames(draft, headerLines, signatureField);
    headers.push([signatureField, formatAuthorization(unsigned(draft, digest, names))]);
  }
  const head = { method: readControls(draft.method), target: readControls(draft.target), headers };
  const request = readRequest(head, policy);
  if (draft.mode === 'sign') requireKeyId('keyId', request.parts.key);
  const text = canonicalize(request.parts);
  const { authorization } = request;
  const reading = {
    request,
    text,
    lines: linesOf(text),
    headerLines,
    signatureField,
    signedNames: authorization.headers,
  };
  const { signature, secretProblem } = signatureUnder(draft, text);
  return {
    ...reading,
    ...(secretProblem === undefined ? {} : { secretProblem }),
    ...(signature === undefined
      ? {}
      : {
          signature,
          fieldLine: `${signatureField}: ${formatAuthorization({ ...authorization, sig: signature })}`,
        }),
    ...(draft.mode === 'sign'
      ? {}
      : {
          checked: {
            digest: authorization.digest === digest,
            ...(signature === undefined
              ? {}
              : { signature: constantTimeEqual(signature, authorization.sig) }),
          },
        }),
  };
}

const digests = new WeakMap<Uint8Array, string>();

/** A body is hashed once, not at every key that is pressed in another field. */
function digestOf(body: Uint8Array): string {
  const digest = digests.get(body) ?? sha256Hex(body);
  digests.set(body, digest);
  return digest;
}

/** A wrong secret takes the signature away, and not the canonical string, which needs none. */
function signatureUnder(
  draft: Draft,
  text: string,
): { readonly signature?: string; readonly secretProblem?: Problem } {
  if (draft.secret === '') return {};
  try {
    return { signature: importSecret(draft.secret).hmacHex(text) };
  } catch (error) {
    return { secretProblem: problemOf(error, draft) };
  }
}

function audienceOption({ audienceKind, audience }: Draft): string | string[] | typeof ANY_HOST {
  if (audienceKind === 'any') return ANY_HOST;
  return audienceKind === 'one' ? audience : words(audience);
}

/** An earlier signature is replaced, as a signer does. Anything else in its field would be lost. */
function withoutSignature(lines: readonly HeaderLine[], signatureField: string): HeaderLine[] {
  return lines.filter(({ lowerName, value }) => {
    if (lowerName !== signatureField) return true;
    if (value.startsWith(SCHEME)) return false;
    throw new TypeError(`header: ${signatureField} is taken; carry the signature in another field`);
  });
}

function signedNames(draft: Draft, lines: readonly HeaderLine[], signatureField: string): string[] {
  if (draft.signedNames !== undefined) return draft.signedNames.split(';').filter((name) => name !== '');
  const signed = fieldsSignedWhenPresent(signatureField);
  return [...new Set(lines.map(({ lowerName }) => lowerName))].filter((name) => signed.includes(name)).sort();
}

/** What the signature will be, with a MAC of zeros. */
function unsigned(draft: Draft, digest: string, headers: readonly string[]): AuthorizationFields {
  return {
    key: readControls(draft.keyId),
    ts: readControls(draft.timestamp),
    nonce: readControls(draft.nonce),
    scope: readControls(draft.scope),
    digest,
    headers,
    sig: '0'.repeat(64),
  };
}

/** The lines with the names of their parts: what the explanation says of a string that differs in this line alone. */
function linesOf(text: string): CanonicalLine[] {
  const lines = text.split('\n');
  return lines.map((line, at) => ({
    text: line,
    part: explainDifference(text, lines.with(at, `${line}\0`).join('\n'))?.part ?? '',
  }));
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
