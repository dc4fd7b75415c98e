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
  const { method = '' } = incoming;
  const headers = fieldLines(incoming);
  const address = clientAddress(incoming, headers, proxies);
  const head: { -readonly [Member in keyof IncomingRequest]: IncomingRequest[Member] } = {
    method,
    target: withPrefix(target, prefix),
    headers,
  };
  if (address !== undefined) head.address = address;
  return head;
}

/** What the kernel says of a connection is an address, and is not looked at again. */
function clientAddress(
  { socket }: IncomingMessage,
  lines: readonly FieldLine[],
  proxies: number,
): string | undefined {
  const ofSocket = socket?.remoteAddress;
  if (proxies === 0 && !ofSocket?.includes('%')) return ofSocket;
  const forwarded = lines.filter(([name]) => name === 'x-forwarded-for');
  return forwardedAddress(
    ofSocket,
    forwarded.map(([, value]) => value),
    proxies,
  );
}

/**
 * The raw field lines, their names in lower case, but for those that the application cannot see. Node drops what exceeds
 * `maxHeadersCount` from `headers` and keeps it in `rawHeaders`: a signed field behind a thousand others would be
 * verified, and missing from what the handler gets.
 */
function fieldLines({ rawHeaders, headers }: IncomingMessage): FieldLine[] {
  const lines: FieldLine[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? '';
    if (Object.hasOwn(headers, name) || isFraming(name)) lines.push([name, rawHeaders[i + 1] ?? '']);
  }
  return lines;
}

/**
 * How many bytes of body are announced, by the fields that Node's parser went by; in HTTP/2, where none has to tell, by
 * its frames. 0: there is no body; `NaN`: there is one, of a length that is not known yet.
 */
export function announcedBodyBytes(incoming: IncomingMessage): number {
  const stream = http2Stream(incoming);
  if (stream !== undefined) return stream.endAfterHeaders === true ? 0 : Number.NaN;
  const { rawHeaders } = incoming;
  let bytes = 0;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (isFraming(name)) bytes += wholeNumber(name.length === LENGTH.length ? rawHeaders[i + 1] : undefined);
  }
  return bytes;
}

/** `NaN` for anything else. */
function wholeNumber(text = ''): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

const LENGTH = 'content-length';
const CODING = 'transfer-encoding';

function isFraming(name: string): boolean {
  // By their lengths first: few names are left to be spelled in lower case.
  if (name.length === LENGTH.length) return name.toLowerCase() === LENGTH;
  return name.length === CODING.length && name.toLowerCase() === CODING;
}
