/**
 * The vectors of `../vectors`, as they are on disk, and the request that a runner makes of one.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** A request, and what a verifier makes of its head. */
export interface RequestVector {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The names to sign, in the order of the `headers` parameter. */
  readonly signed: readonly string[];
  readonly body?: string;
  readonly bodyBase64?: string;
  readonly keyId: string;
  readonly secret: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly scope: string;
  /** The authority that is addressed, raw. */
  readonly audience?: string;
  /** The verifier's `audience` option; any host without it. */
  readonly accept?: string | readonly string[];
  readonly requireSigned?: readonly string[];
  /** The field that carries the signature. */
  readonly header?: string;
  readonly canonical?: string;
  readonly signature?: string;
  readonly authorization?: string;
  readonly refused?: string;
}

/** A `Countersign-Verdict` field, and whether the holder of the key may believe it. */
export interface VerdictVector {
  readonly name: string;
  readonly secret: string;
  readonly keyId: string;
  readonly nonce: string;
  readonly requestSignature: string;
  readonly code: string;
  readonly time: string;
  readonly deadSince: string;
  readonly retryAfterMs: string;
  readonly text: string;
  readonly signature: string;
  readonly field: string;
  readonly refused?: true;
}

const directory = new URL('../../vectors/', import.meta.url);

const VERDICT_FILE = 'verdict.json';

export function requestVectors(): RequestVector[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json') && file !== VERDICT_FILE)
    .sort()
    .flatMap((file) => read<RequestVector>(file));
}

export function verdictVectors(): VerdictVector[] {
  return read<VerdictVector>(VERDICT_FILE);
}

/** The field lines of a vector's request: `Host` of the audience unless there is one, and the signature. */
export function fieldLines(vector: RequestVector): (readonly [string, string])[] {
  const lines = [...vector.headers];
  const has = (name: string) => lines.some(([given]) => given.toLowerCase() === name);
  if (vector.audience !== undefined && !has('host')) lines.push(['Host', vector.audience]);
  const field = vector.header ?? 'authorization';
  if (vector.authorization !== undefined && !has(field)) lines.push([field, vector.authorization]);
  return lines;
}

export function bodyBytes(vector: RequestVector): Uint8Array {
  return vector.bodyBase64 === undefined
    ? Buffer.from(vector.body ?? '', 'utf8')
    : Buffer.from(vector.bodyBase64, 'base64');
}

function read<T>(file: string): T[] {
  return JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as T[];
}
