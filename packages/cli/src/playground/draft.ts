/** Requests signed by hand with the product's own signer, and how they are sent; a scenario may change them in between. */
import type { SignerOptions } from '@countersign/client';
import type { RawRequest } from '../probe/raw-request.js';
import type { KeyId } from './partners.js';
import type { Playground } from './playground.js';
import { type Answer, deliver, deliverAtOnce } from './wire.js';

export interface Draft {
  readonly key: KeyId;
  /** Default: POST, an order. */
  readonly method?: string;
  readonly target?: string;
  readonly scope?: string;
  /** The signed Idempotency-Key. */
  readonly call?: string;
  /** Further field lines. */
  readonly headers?: readonly (readonly [string, string])[];
  /** What is wrong with the signer. */
  readonly signer?: Partial<SignerOptions>;
}

export const ORDER_BODY: string = JSON.stringify({ sku: 'HEX-M8-40', quantity: 200, unitPrice: 12 });

export function draft(ground: Playground, options: Draft): RawRequest {
  const { key, method = 'POST', target = '/v1/orders?notify=true', scope, call, signer } = options;
  const body = Buffer.from(method === 'GET' ? '' : ORDER_BODY);
  const headers: (readonly [string, string])[] = [...(options.headers ?? [])];
  if (call !== undefined) headers.push(['Idempotency-Key', call]);
  if (body.length > 0) headers.push(['Content-Type', 'application/json']);
  const signature = ground.signer(key, signer).sign({ method, target, headers, body, scope });
  return {
    method,
    target,
    headers: [
      ['Host', ground.authority],
      ...headers,
      ...(body.length === 0 ? [] : [['Content-Length', String(body.length)] as const]),
      ...Object.entries(signature),
    ],
    body,
  };
}

/** Sends requests one after the other; their codes. */
export async function sendInTurn(
  { port }: Playground,
  requests: readonly RawRequest[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const codes: string[] = [];
  for (const request of requests) codes.push((await deliver(port, request, signal)).code);
  return codes;
}

/** Sends requests together; their codes. */
export async function sendTogether(
  { port }: Playground,
  requests: readonly RawRequest[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answers = await Promise.all(requests.map((request) => deliver(port, request, signal)));
  return answers.map(({ code }) => code);
}

/** Sends one request. */
export function send({ port }: Playground, request: RawRequest, signal: AbortSignal): Promise<Answer> {
  return deliver(port, request, signal);
}

/** Sends copies of one request that are complete in the same moment; their codes. */
export async function sendCopies(
  { port }: Playground,
  request: RawRequest,
  copies: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return (await deliverAtOnce(port, request, copies, signal)).map(({ code }) => code);
}
