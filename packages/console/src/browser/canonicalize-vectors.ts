/**
 * The published vectors, and the fields that each fills. They are asked for while the page loads and never later, so that
 * nothing is sent once something is typed. `verdict.json` is about answers, which this page does not make.
 */
import type { RequestVector } from '@countersign/canonical';
import { showControls } from './canonicalize-draft.js';
import type { Filling } from './canonicalize-form.js';

/** The files with requests, in the order of the specification. */
const VECTOR_FILES: readonly string[] = [
  'worked-examples',
  'authorization',
  'method',
  'target',
  'path',
  'query',
  'audience',
  'headers',
  'scope',
  'body',
  'precedence',
];

/** Reads them all, by file. */
export async function loadVectors(): Promise<ReadonlyMap<string, readonly RequestVector[]>> {
  const files = VECTOR_FILES.map(async (file): Promise<readonly [string, readonly RequestVector[]]> => {
    const response = await fetch(import.meta.resolve(`@countersign/canonical/vectors/${file}.json`));
    if (!response.ok) throw new Error(`the vectors of ${file} are not there: ${response.status}`);
    return [file, await response.json()];
  });
  return new Map(await Promise.all(files));
}

/** The fields that a vector fills. Its signature stands among the header lines, to be checked as a verifier does. */
export function fillingOf(vector: RequestVector): Filling {
  const { accept } = vector;
  return {
    mode: 'check',
    method: vector.method,
    target: vector.target,
    headers: fieldLines(vector)
      .map(([name, value]) => `${showControls(name)}: ${showControls(value)}`)
      .join('\n'),
    body: bodyOf(vector),
    keyId: vector.keyId,
    secret: vector.secret,
    scope: vector.scope,
    timestamp: vector.timestamp,
    nonce: vector.nonce,
    signedNames: vector.signed.join(';'),
    signatureField: vector.header ?? '',
    audienceKind: accept === undefined ? 'any' : typeof accept === 'string' ? 'one' : 'list',
    audience: typeof accept === 'string' ? accept : (accept ?? []).join(' '),
    requireSigned: (vector.requireSigned ?? []).join(' '),
  };
}

/** As a runner makes them: a Host unless there is one, and the signature unless its field is there. */
function fieldLines(vector: RequestVector): (readonly [string, string])[] {
  const lines = [...vector.headers];
  const has = (name: string): boolean => lines.some(([given]) => given.toLowerCase() === name);
  if (vector.audience !== undefined && !has('host')) lines.push(['Host', vector.audience]);
  const field = vector.header ?? 'authorization';
  if (vector.authorization !== undefined && !has(field)) lines.push([field, vector.authorization]);
  return lines;
}

function bodyOf({ body, bodyBase64 }: RequestVector): Uint8Array {
  if (bodyBase64 === undefined) return new TextEncoder().encode(body ?? '');
  return Uint8Array.from(atob(bodyBase64), (char) => char.charCodeAt(0));
}
