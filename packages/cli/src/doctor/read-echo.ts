/** Reads the answer of an echo route. What it says is not trusted: whoever answers may be another than was asked. */
import { type Arrival, ECHO_FIELD, ECHO_FORMAT } from '@countersign/server/adapter';
import type { Answer } from './send.js';

/** What arrived, or `undefined` when this is no echo. */
export function readEcho({ body, headers }: Answer): Arrival | undefined {
  const inField = headers[ECHO_FIELD];
  return (
    parseArrival(body) ??
    // An answer to HEAD has no body, and some proxies take the body of others.
    (typeof inField === 'string' ? parseArrival(Buffer.from(inField, 'base64url').toString()) : undefined)
  );
}

function parseArrival(text: string): Arrival | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isArrival(read) ? read : undefined;
}

function isArrival(read: unknown): read is Arrival {
  if (!isObject(read) || read['echo'] !== ECHO_FORMAT) return false;
  const { method, target, httpVersion, fields, body } = read;
  return (
    typeof method === 'string' &&
    typeof target === 'string' &&
    (httpVersion === undefined || typeof httpVersion === 'string') &&
    Array.isArray(fields) &&
    fields.every(isField) &&
    (body === null ||
      (isObject(body) && typeof body['bytes'] === 'number' && typeof body['sha256'] === 'string'))
  );
}

function isField(read: unknown): boolean {
  if (!Array.isArray(read) || read.length !== 2) return false;
  const [name, value]: unknown[] = read;
  return typeof name === 'string' && (typeof value === 'string' || value === null);
}

function isObject(read: unknown): read is Record<string, unknown> {
  return typeof read === 'object' && read !== null;
}
