/**
 * A request as it goes over the wire, down to bytes that no HTTP client would send. It knows nothing of signatures and
 * sends nothing.
 */
import type { FieldLine } from '@countersign/canonical';

export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** Field lines in their order. The length of the body is announced by one of them or not at all. */
  readonly headers: readonly FieldLine[];
  readonly body: Buffer;
}

/** The bytes; text beyond Latin-1 does not occur in a head. */
export function formatRequest({ method, target, headers, body }: RawRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}\r\n`, 'latin1'), body]);
}

/** The value of a field's first line, by its name in lower case. */
export function fieldOf(headers: readonly FieldLine[], name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1];
}
