/** A client that is never refused: it waits before it would be, as the RateLimit fields say. */
import { createFetch, createSigner, type FetchOptions, type SignedFetch } from '@countersign/client';

/**
 * A `fetch` for the API. With `pace` it looks at what each answer says is left. That is a hint: where others spend the same
 * budget, or requests cost more than one unit, a 429 may still come, and is waited out with the same signature.
 */
export function pacedFetch(keyId: string, secret: string, options: FetchOptions = {}): SignedFetch {
  return createFetch(createSigner({ keyId, secret, audience: 'api.example.com' }), {
    pace: true,
    ...options,
  });
}
