/**
 * A client of the API in `server.ts`: a `fetch` that signs. Start it with `node examples/express/dist/client.js`.
 */
import { realpathSync } from 'node:fs';
import { createFetch, createSigner, type SignedFetch } from '@countersign/client';

/** A `fetch` for the API. The audience is the API's own name, which is not that of a development host. */
export function apiFetch(secret: string): SignedFetch {
  return createFetch(createSigner({ keyId: 'partner_1', secret, audience: 'api.example.com' }));
}

/** Places an order. Whatever is retried on the way, it is placed at most once. */
export async function placeOrder(fetch: SignedFetch, api: string, order: object): Promise<unknown> {
  const response = await fetch(`${api}/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
    scope: 'orders:write',
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response.json();
}

if (realpathSync(process.argv[1] ?? '.') === import.meta.filename) {
  const { API: api = 'http://localhost:3000', COUNTERSIGN_SECRET: secret = '' } = process.env;
  const fetch = apiFetch(secret);
  console.log(await placeOrder(fetch, api, { sku: 'tea-7', quantity: 2 }));
  console.log(await (await fetch(`${api}/v1/orders/order-1`)).json());
}
