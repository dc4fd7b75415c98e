/**
 * A raw HTTP/1 request as it is pasted: request line, header lines, an empty line, the body. White space around a field
 * value is removed, as an HTTP parser does before a verifier sees it; nothing else is looked at.
 */
import type { PastedRequest } from './canonicalize-curl.js';

const REQUEST_LINE = /^(\S+) (.*?)(?: HTTP\/[0-9.]+)?$/;

/**
 * Reads a pasted request.
 *
 * @throws TypeError when it does not begin with a request line
 */
export function readRawRequest(text: string): PastedRequest {
  const lines = text.replace(/^\s+/, '').replaceAll('\r\n', '\n').split('\n');
  const [, method, target] = REQUEST_LINE.exec(lines[0] ?? '') ?? [];
  if (method === undefined || target === undefined) {
    throw new TypeError('this is neither a curl line nor a request that begins like GET /path HTTP/1.1');
  }
  const empty = lines.indexOf('');
  const headers = lines.slice(1, empty < 0 ? undefined : empty);
  const body = empty < 0 ? '' : lines.slice(empty + 1).join('\n');
  return { method, target, headers: headers.map(trimmed), body, notes: lengthNotes(headers, body) };
}

function trimmed(line: string): string {
  return line.replace(/^([^:]+|:[^:]+):[ \t]*(.*?)[ \t]*$/, '$1: $2');
}

/** What was copied is text: its line ends, and bytes beyond UTF-8, may not be those that were sent. */
function lengthNotes(headers: readonly string[], body: string): string[] {
  const announced = headers.flatMap((line) => /^content-length:\s*([0-9]+)/i.exec(line)?.[1] ?? [])[0];
  const length = new TextEncoder().encode(body).length;
  if (announced === undefined || Number(announced) === length) return [];
  return [`Content-Length says ${announced}, the pasted body has ${length} bytes: choose the body as a file`];
}
