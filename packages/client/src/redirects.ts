/**
 * Redirects (Fetch, HTTP-redirect fetch), followed only where nothing can be executed twice: a GET or HEAD, or what
 * becomes one. It decides; it sends nothing.
 */

/** A request on its way through redirects. */
export interface Hop {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  /** Whether it goes to the origin that the caller named. Once left, nothing is signed any more. */
  readonly signed: boolean;
}

/** Fetch allows 20. */
export const MAX_REDIRECTS: number = 5;

const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308]);
const BODY_FIELDS = ['content-encoding', 'content-language', 'content-location', 'content-type'];
const CREDENTIAL_FIELDS = ['authorization', 'cookie', 'proxy-authorization'];

/** Whether this answer is a redirect; in browsers it is opaque. */
export function isRedirect(response: Response): boolean {
  return REDIRECT_STATUSES.has(response.status) || response.type === 'opaqueredirect';
}

/**
 * Where an answer sends this request on to; `undefined` when the answer itself is the result. After another method,
 * a 307 or 308 is not followed (a forged one would execute the request twice), nor a 301 or 302 after any but POST.
 */
export function nextHop(hop: Hop, response: Response): Hop | undefined {
  const { status } = response;
  const location = response.headers.get('location');
  if (!REDIRECT_STATUSES.has(status) || location === null) return undefined;
  const safe = hop.method === 'GET' || hop.method === 'HEAD';
  const becomesGet = !safe && (status === 303 || (hop.method === 'POST' && status < 303));
  if (!safe && !becomesGet) return undefined;
  if (!URL.canParse(location, hop.url)) return undefined;
  const url = new URL(location, hop.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;

  const leaves = url.origin !== new URL(hop.url).origin;
  const headers = new Headers(hop.headers);
  for (const name of [...(becomesGet ? BODY_FIELDS : []), ...(leaves ? CREDENTIAL_FIELDS : [])]) {
    headers.delete(name);
  }
  return { url: url.href, method: becomesGet ? 'GET' : hop.method, headers, signed: hop.signed && !leaves };
}
