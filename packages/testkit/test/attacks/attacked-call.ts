/**
 * A signed fetch and a service with an attacker between them. Both clocks are the test's; waiting takes no time but
 * theirs.
 */
import { createFetch, createSigner, type FetchOptions, type SignedFetch } from '@countersign/client';
import { createVerifier, keyring, memoryStore } from '@countersign/server';
import { TEST_AUDIENCE, TEST_SECRET } from '../../src/index.js';
import { KEY, T } from './service.js';

export interface AttackedCall {
  readonly fetch: SignedFetch;
  /** Delivers a request to the service, and gives its answer. */
  readonly deliver: (request: Request) => Promise<Response>;
  /** Every request that the client sent, oldest first. */
  readonly captured: Request[];
  /** Methods of the requests that the service executed. */
  readonly executed: string[];
  /** The true time, and how far the wall clocks of the client and the service are from it. */
  readonly clock: { nowMs: number; clientOffsetMs: number; serviceOffsetMs: number };
  /** The time that the last signature carries. */
  readonly lastSignedAtMs: () => number;
}

/** What the attacker does with each request; by default nothing but delivering it. */
export type Attacker = (request: Request, attempt: number, call: AttackedCall) => Promise<Response>;

export const URL_OF_ORDERS: string = `https://${TEST_AUDIENCE}/v1/orders`;

export function attackedCall(
  attacker: Attacker = (request, _, { deliver }) => deliver(request),
  options: FetchOptions = {},
): AttackedCall {
  const clock = { nowMs: T, clientOffsetMs: 0, serviceOffsetMs: 0 };
  const captured: Request[] = [];
  const executed: string[] = [];
  const verifier = createVerifier({
    keys: keyring({ key_1: KEY }),
    audience: TEST_AUDIENCE,
    store: memoryStore(),
    now: () => clock.nowMs + clock.serviceOffsetMs,
    monotonicNow: () => clock.nowMs,
  });

  const deliver = async (request: Request): Promise<Response> => {
    const { method, url, headers } = request;
    const body = new Uint8Array(await request.clone().arrayBuffer());
    const target = new URL(url).pathname + new URL(url).search;
    const lines = [['host', TEST_AUDIENCE] as const, ...headers];
    const verdict = await verifier.verify({ method, target, headers: lines }, { scope: 'orders', body });
    if (!verdict.ok)
      return new Response(JSON.stringify(verdict.problem), {
        status: verdict.status,
        headers: verdict.headers,
      });
    executed.push(method);
    return new Response('done', { headers: verdict.headers });
  };

  const signer = createSigner({
    keyId: 'key_1',
    secret: TEST_SECRET,
    now: () => clock.nowMs + clock.clientOffsetMs,
  });
  const call: AttackedCall = {
    deliver,
    captured,
    executed,
    clock,
    lastSignedAtMs: () =>
      Number(/ts="([0-9]+)"/.exec(captured.at(-1)?.headers.get('authorization') ?? '')?.[1]),
    fetch: createFetch(signer, {
      monotonicNow: () => clock.nowMs,
      sleep: async (waitMs) => {
        clock.nowMs += waitMs;
      },
      fetch: (input, init) => {
        const request = new Request(input, init);
        captured.push(request.clone());
        return attacker(request, captured.length, call);
      },
      ...options,
    }),
  };
  return call;
}
