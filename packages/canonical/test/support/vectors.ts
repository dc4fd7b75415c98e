/**
 * The vectors of `../vectors`, as they are on disk, and the request that a runner makes of one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { RequestVector, VerdictVector } from '../../src/vector.js';

export type { RequestVector, VerdictVector };

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
