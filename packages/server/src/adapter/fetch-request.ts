/**
 * What the verifier is told of a Fetch `Request`. Its URL was parsed by the runtime, and is cut here by its text, not
 * parsed again. It reads no body.
 */
import { canonicalAuthority, type FieldLine } from '@countersign/canonical';
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
  const host = headers.get('host');
  // A request that was made in this process has no Host field. One that contradicts the URL, by which handlers tell hosts
  // apart, is a second.
  if (host === null || canonicalAuthority(host) !== canonicalAuthority(authority))
    lines.push(['host', authority]);
  const forwarded = headers.get('x-forwarded-for');
  const address = forwardedAddress(received.address, forwarded === null ? [] : [forwarded], proxies);
  const head = { method, target: withPrefix(target, prefix), headers: lines };
  return address === undefined ? head : { ...head, address };
}

const HTTP_URL = /^https?:\/\/([^/?#]*)\//i;

interface Origin {
  /** With the `/` behind it. */
  readonly prefix: string;
  readonly authority: string;
}

/** Mostly that of the next request, too: to find it anew takes 0.5 µs. */
let lastOrigin: Origin = { prefix: 'http://localhost/', authority: 'localhost' };

/**
 * Cuts a URL by its text; parsing it again could change it. Runtimes put it together from Host and target, whatever these
 * are: where a crafted Host would move the border between authority and path, or leaves no origin at all, the target is
 * empty, and malformed.
 */
export function cutUrl(url: string): { readonly authority: string; readonly target: string } {
  const origin = url.startsWith(lastOrigin.prefix) ? lastOrigin : originOf(url);
  if (origin === undefined) return { authority: '', target: '' };
  lastOrigin = origin;
  // A fragment too: handlers see it, and nobody has signed it.
  return { authority: origin.authority, target: url.slice(origin.prefix.length - 1) };
}

function originOf(url: string): Origin | undefined {
  const [prefix = '', authority = ''] = HTTP_URL.exec(url) ?? [];
  // What is no URL, such as `http://xn--a/`, would throw where a handler parses it.
  const usable = canonicalAuthority(authority) !== undefined && URL.canParse(prefix);
  return usable ? { prefix, authority } : undefined;
}
