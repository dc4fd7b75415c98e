/**
 * Redirects (Fetch, HTTP-redirect fetch), followed only where nothing can be executed twice: a GET or HEAD, or what
 * becomes one. Loaded with the first redirect that can be followed: browsers show none. So it imports nothing that
 * bundlers would have to split off for it.
 */
import type { Hop } from './fetch-attempt.js';

/** Fetch allows 20. */
const MAX_REDIRECTS = 5;

const BODY_FIELDS = ['content-encoding', 'content-language', 'content-location', 'content-type'];
/** What is for the origin that was called: credentials, and a Host that was named for it. */
const FIELDS_OF_AN_ORIGIN = ['authorization', 'cookie', 'host', 'proxy-authorization'];

/**
 * Follows redirects to the answer that is the result.
 *
 * @param statuses which statuses are redirects
 * @param send sends a request without body; `executed`: the answer to one that was more than a GET or HEAD
 * @throws TypeError after too many; what `send` throws
 */
export async function followRedirects(
  first: Hop,
  answer: Response,
  statuses: ReadonlySet<number>,
  send: (hop: Hop, executed: Response | undefined) => Promise<Response>,
): Promise<Response> {
  let hop = first;
  let response = answer;
  let executed: Response | undefined;
  for (let redirects = 0; ; redirects++) {
    const next = statuses.has(response.status) ? nextHop(hop, response) : undefined;
    if (next === undefined) return response;
    // One that was cut meanwhile has nothing left to let go of.
    response.body?.cancel().catch(() => {});
    if (next.method !== hop.method) executed = response;
    if (redirects === MAX_REDIRECTS) throw new TypeError(`redirected more than ${MAX_REDIRECTS} times`);
    hop = next;
    response = await send(hop, executed);
    Object.defineProperty(response, 'redirected', { value: true });
  }
}

/**
 * Where a redirect sends this request on to; `undefined` when the answer itself is the result. After another method,
 * a 307 or 308 is not followed (a forged one would execute the request twice), nor a 301 or 302 after any but POST.
 */
export function nextHop(hop: Hop, response: Response): Hop | undefined {
  const location = response.headers.get('location');
  if (!isFollowed(hop.method, response.status) || location === null) return undefined;
  if (!URL.canParse(location, hop.url)) return undefined;
  const url = new URL(location, hop.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;

  const becomesGet = !isSafe(hop.method);
  const leaves = url.origin !== new URL(hop.url).origin;
  const headers = new Headers(hop.headers);
  for (const name of [...(becomesGet ? BODY_FIELDS : []), ...(leaves ? FIELDS_OF_AN_ORIGIN : [])]) {
    headers.delete(name);
  }
  return { url: url.href, method: becomesGet ? 'GET' : hop.method, headers, signed: hop.signed && !leaves };
}

function isFollowed(method: string, status: number): boolean {
  return isSafe(method) || status === 303 || (method === 'POST' && (status === 301 || status === 302));
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
