/**
 * Requests signed by hand, with the product's own signer, for the steps that then change what was signed. The bytes
 * go over the wire as they are in here.
 */
import { createSigner } from '@countersign/client';
import { fieldOf } from './answer.js';
import type { KeyId } from './partners.js';
import type { Service } from './service.js';
import type { RawRequest } from './wire.js';
import type { World } from './world.js';

export interface Draft {
  /** Default: the orders service. */
  readonly service?: Service;
  readonly key?: KeyId;
  readonly method?: string;
  readonly target?: string;
  /** Absent: no body. */
  readonly body?: string | Buffer;
  /** The signed Idempotency-Key. Absent: no such field. */
  readonly call?: string;
  /** Further field lines. Which are signed is the signer's rule. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly scope?: string;
  readonly now?: () => number;
  readonly nonce?: () => string;
}

const ORDER = {
  reference: 'PO-2025-0042',
  customer: 'Öztürk & Söhne',
  currency: 'EUR',
  lines: [
    { sku: 'HEX-M8-40', quantity: 200, unitPrice: 12 },
    { sku: 'PLATE-S235', quantity: 4, unitPrice: 8990 },
  ],
};

/** The body of an order as a partner would send it. `{n}` becomes the number of the call where a job sends it. */
export const ORDER_BODY: string = JSON.stringify(ORDER);
export const NUMBERED_ORDER_BODY: string = JSON.stringify({ ...ORDER, reference: 'PO-2025-{n}' });

/** A signed request. Default: the POST of an order by acme. */
export function draft(world: World, options: Draft = {}): RawRequest {
  const { key = 'acme', method = 'POST', target = '/v1/orders', call, scope, now, nonce } = options;
  const { authority } = (options.service ?? world.orders).edge;
  const text = 'body' in options || method !== 'POST' ? options.body : ORDER_BODY;
  const body = Buffer.from(text ?? '');
  const headers: (readonly [string, string])[] = [...(options.headers ?? [])];
  if (body.length > 0) headers.push(['Content-Type', 'application/json']);
  if (call !== undefined) headers.push(['Idempotency-Key', call]);
  const signer = createSigner({
    keyId: key,
    secret: world.secrets[key],
    audience: authority,
    ...(now === undefined ? {} : { now }),
    ...(nonce === undefined ? {} : { nonce }),
  });
  const signature = signer.sign({ method, target, headers, body, scope });
  return {
    method,
    target,
    headers: [
      ['Host', authority],
      ...headers,
      ...(body.length > 0 ? [['Content-Length', String(body.length)] as const] : []),
      ...Object.entries(signature),
    ],
    body,
  };
}

export function nonceOf(request: RawRequest): string {
  return /nonce="([^"]*)"/.exec(fieldOf(request, 'authorization') ?? '')?.[1] ?? '';
}

/** When it was signed, by the clock of who signed it. */
export function signedAtMs(request: RawRequest): number {
  return Number(/ts="([0-9]*)"/.exec(fieldOf(request, 'authorization') ?? '')?.[1]);
}
