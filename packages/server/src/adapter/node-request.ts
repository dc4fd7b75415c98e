/**
 * What the verifier is told of a `node:http` request. It reads no body.
 */
import type { IncomingMessage } from 'node:http';
import type { FieldLine } from '@countersign/canonical';
import type { IncomingRequest } from '../attempt.js';
import { forwardedAddress } from '../failures/client-address.js';
import { http2Stream } from './node-http2.js';
import type { AdapterOptions } from './options.js';
import { withPrefix } from './target.js';

/**
 * The head of a `node:http` request as it came over the wire, and where it came from.
 *
 * @param target the raw target, which frameworks keep in places of their own
 */
export function nodeRequest(
  incoming: IncomingMessage,
  target: string,
  { proxies = 0, prefix = '' }: Pick<AdapterOptions, 'proxies' | 'prefix'>,
): IncomingRequest {
  const headers = fieldLines(incoming);
  const forwarded = headers
    .filter(([name]) => name.toLowerCase() === 'x-forwarded-for')
    .map(([, value]) => value);
  const address = forwardedAddress(incoming.socket?.remoteAddress, forwarded, proxies);
  return {
    method: incoming.method ?? '',
    target: withPrefix(target, prefix),
    headers,
    ...(address === undefined ? {} : { address }),
  };
}

/**
 * The raw field lines, but for those that the application cannot see. Node drops what exceeds `maxHeadersCount` from
 * `headers` and keeps it in `rawHeaders`: a signed field behind a thousand others would be verified, and missing from
 * what the handler gets.
 */
function fieldLines({ rawHeaders, headers }: IncomingMessage): FieldLine[] {
  const lines: FieldLine[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2);
    const key = name.toLowerCase();
    if (Object.hasOwn(headers, key) || isFraming(key)) lines.push([name, value]);
  }
  return lines;
}

/** Whether the request has a body: by the fields that Node's parser went by; in HTTP/2, where none has to tell, by its frames. */
export function announcesNodeBody(incoming: IncomingMessage): boolean {
  const stream = http2Stream(incoming);
  if (stream !== undefined) return stream.endAfterHeaders !== true;
  const { rawHeaders } = incoming;
  return rawHeaders.some(
    (text, i) => i % 2 === 0 && isFraming(text.toLowerCase()) && !/^0+$/.test(rawHeaders[i + 1] ?? ''),
  );
}

function isFraming(name: string): boolean {
  return name === 'content-length' || name === 'transfer-encoding';
}
