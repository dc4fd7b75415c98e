/** A client whose secret may change while it runs, as when its configuration is loaded again. */
import { createFetch, createSigner, type SignedFetch } from '@countersign/client';

/**
 * A `fetch` that signs with whatever secret is current when a call begins. A call that is under way keeps its signature,
 * also when it is sent again: one call, one signature.
 */
export function rotatingFetch(keyId: string, currentSecret: () => string): SignedFetch {
  let made: { readonly secret: string; readonly fetch: SignedFetch } | undefined;
  return (input, init) => {
    const secret = currentSecret();
    if (made?.secret !== secret) {
      made = { secret, fetch: createFetch(createSigner({ keyId, secret, audience: 'api.example.com' })) };
    }
    return made.fetch(input, init);
  };
}

/** Places an order, or says what to do. */
export async function placeOrder(fetch: SignedFetch, api: string): Promise<void> {
  const response = await fetch(`${api}/v1/orders`, { method: 'POST' });
  if (response.ok) return void (await response.body?.cancel());
  const { code, detail } = (await response.json()) as { code: string; detail: string };
  // Nobody has signed this answer: whoever cannot prove a key is told nothing that is worth a signature.
  if (code === 'invalid-signature')
    throw new Error(`${code}: ${detail} Load the current secret, and call again.`);
  throw new Error(`${code}: ${detail}`);
}
