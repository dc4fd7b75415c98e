/** A client of the API behind nginx. It knows nothing of nginx: it signs for the name and the path that it calls. */
import { createFetch, createSigner, type FetchOptions, type SignedFetch } from '@countersign/client';

/**
 * A `fetch` for the API.
 *
 * `audience` is only for places where the API is reached by another name, as here, where nginx is on 127.0.0.1. Clients
 * of https://partners.example.com leave it out.
 */
export function partnerFetch(secret: string, options: FetchOptions = {}): SignedFetch {
  const signer = createSigner({ keyId: 'partner_1', secret, audience: 'partners.example.com' });
  return createFetch(signer, options);
}

/**
 * Sends an order. The client sends a PUT again after a 502, 503 or 504 that nobody signed, a POST never; nginx sends both to
 * the next process.
 */
export function sendOrder(
  fetch: SignedFetch,
  method: 'POST' | 'PUT',
  url: string,
  order: object,
): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(url, { method, headers, body: JSON.stringify(order) });
}
