/**
 * What the verifier is told of a Fetch `Request`. Its URL was parsed by the runtime, and is cut here by its text, not
 * parsed again. It reads no body.
 */
import type { FieldLine } from '@countersign/canonical';
import type { IncomingRequest } from '../attempt.js';
import { forwardedAddress } from '../failures/client-address.js';
import type { AdapterOptions } from './options.js';
import { routedTarget, withPrefix } from './target.js';

/** What a runtime knows of a request beside the `Request`. */
export interface Received {
  /** The socket's other end. Without it failures by strangers are counted only where a proxy of yours tells of them. */
  readonly address?: string | undefined;
  /** The raw request target, as `node:http` has it in `url`. Without it the `Request`'s URL is verified. */
  readonly target?: string | undefined;
}

/** What `verifier.verify` is given of a Fetch request. */
export function fetchRequest(
  { method, url, headers }: Pick<Request, 'method' | 'url' | 'headers'>,
  received: Received,
  { proxies = 0, prefix = '' }: Pick<AdapterOptions, 'proxies' | 'prefix'>,
): IncomingRequest {
  const { authority, target: routed } = cutUrl(url);
  const target = received.target === undefined ? routed : routedTarget(received.target, routed);
  const lines: FieldLine[] = [...headers];
  // A request that was made in this process has no Host field.
  if (!headers.has('host')) lines.push(['host', authority]);
  const forwarded = headers.get('x-forwarded-for');
  const address = forwardedAddress(received.address, forwarded === null ? [] : [forwarded], proxies);
  const head = { method, target: withPrefix(target, prefix), headers: lines };
  return address === undefined ? head : { ...head, address };
}

/** Cuts a URL by its text; parsing it again could change it. */
export function cutUrl(url: string): {
  /** Host and port, as they stand there. */
  readonly authority: string;
  /** From the path on, without the fragment. */
  readonly target: string;
} {
  const start = url.indexOf('//') + 2;
  const path = url.indexOf('/', start);
  const fragment = url.indexOf('#', start);
  return {
    authority: url.slice(start, path),
    target: url.slice(path, fragment < 0 ? undefined : fragment),
  };
}
