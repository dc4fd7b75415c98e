/**
 * Requests signed by hand, with the product's own signer, for the steps that then change what was signed. The bytes
 * go over the wire as they are in here.
 */
import { createSigner } from '@countersign/client';
import type { KeyId } from './partners.js';
import { fieldOf, type RawRequest } from './wire.js';
import type { World } from './world.js';

export interface Draft {
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

/** A signed request to the orders service. Default: POST of an order by acme. */
export function draft(world: World, options: Draft = {}): RawRequest {
  const { key = 'acme', method = 'POST', target = '/v1/orders', call, scope, now, nonce } = options;
  const text = 'body' in options || method !== 'POST' ? options.body : ORDER_BODY;
  const body = Buffer.from(text ?? '');
  const headers: (readonly [string, string])[] = [...(options.headers ?? [])];
  if (body.length > 0) headers.push(['Content-Type', 'application/json']);
  if (call !== undefined) headers.push(['Idempotency-Key', call]);
  const signer = createSigner({
    keyId: key,
    secret: world.secrets[key],
    audience: world.orders.edge.authority,
    ...(now === undefined ? {} : { now }),
    ...(nonce === undefined ? {} : { nonce }),
  });
  const signature = signer.sign({ method, target, headers, body, scope });
  return {
    method,
    target,
    headers: [
      ['Host', world.orders.edge.authority],
      ...headers,
      ...(body.length > 0 ? [['Content-Length', String(body.length)] as const] : []),
      ...Object.entries(signature),
    ],
    body,
  };
}

/** The request with its signature's parameter changed. */
export function withParameter(
  request: RawRequest,
  name: string,
  change: (value: string) => string,
): RawRequest {
  const parameter = new RegExp(`(?<=\\b${name}=")[^"]*`);
  return withField(request, 'authorization', (value) => value.replace(parameter, change));
}

/** The request with a field's value changed. */
export function withField(request: RawRequest, name: string, change: (value: string) => string): RawRequest {
  const headers = request.headers.map(([each, value]): readonly [string, string] =>
    each.toLowerCase() === name ? [each, change(value)] : [each, value],
  );
  return { ...request, headers };
}

export function withoutField(request: RawRequest, name: string): RawRequest {
  return { ...request, headers: request.headers.filter(([each]) => each.toLowerCase() !== name) };
}

/** The request with a field line added, after all others. */
export function addField(request: RawRequest, name: string, value: string): RawRequest {
  return { ...request, headers: [...request.headers, [name, value]] };
}

/** The request with another body, its length announced. */
export function withBody(request: RawRequest, text: string): RawRequest {
  const body = Buffer.from(text);
  return { ...withField(request, 'content-length', () => String(body.length)), body };
}

export function nonceOf(request: RawRequest): string {
  return /nonce="([^"]*)"/.exec(fieldOf(request, 'authorization') ?? '')?.[1] ?? '';
}
