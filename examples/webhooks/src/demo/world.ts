/**
 * A sender and its customers' receivers, over real sockets, on one clock that can be put forward. Between a receiver and
 * the network stands an `edge`, where things go wrong.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createSigner } from '@countersign/client';
import { cachedDirectory, type Limits, memoryStore } from '@countersign/server';
import { createAdaptorServer } from '@hono/node-server';
import { SCOPE } from '../delivery.js';
import { eventBody, idempotencyKey, type WebhookEvent } from '../event.js';
import { createReceiver } from '../receiver.js';
import { createSeenEvents } from '../seen-events.js';
import { createSender, type Sender, type SenderOptions } from '../sender.js';

/** What stands before a receiver. `pass` lets the request through. */
export type Edge = (pass: () => Promise<Response>, request: Request) => Promise<Response> | Response;

export interface Receiver {
  readonly url: string;
  /** The key's secrets, as the customer lists them. To be changed by `list`. */
  readonly list: (...secrets: readonly string[]) => void;
  /** What was done, event by event. */
  readonly handled: WebhookEvent[];
  /** What was refused by the verifier, and why. */
  readonly refusals: string[];
  /** Requests that arrived, however they were answered. */
  readonly arrived: () => number;
  edge: Edge;
  onHandle: (event: WebhookEvent) => Promise<void> | void;
}

export interface World extends AsyncDisposable {
  readonly sender: Sender;
  readonly now: () => number;
  /** Puts the clock forward to when the next delivery is due, and delivers. */
  readonly later: () => Promise<void>;
  readonly putForward: (ms: number) => void;
  /** Starts a receiver for a customer; its key is `webhooks-<customer>`. */
  readonly receiver: (customer: string, secret: string, limits?: Limits) => Promise<Receiver>;
  readonly publish: (endpointId: string, ...types: readonly string[]) => WebhookEvent[];
}

export async function startWorld(options: SenderOptions = {}): Promise<World> {
  let passedMs = 0;
  const now = (): number => Date.now() + passedMs;
  const sender = createSender({ now, random: () => 0, loopback: true, timeoutMs: 5_000, ...options });
  const servers: Server[] = [];

  const receiver: World['receiver'] = async (customer, secret, limits = {}) => {
    const handled: WebhookEvent[] = [];
    const refusals: string[] = [];
    let [secrets, arrived]: [readonly string[], number] = [[secret], 0];
    const keys = cachedDirectory((id) =>
      id === `webhooks-${customer}` ? { secrets, scopes: [SCOPE] } : undefined,
    );
    const server = createAdaptorServer({
      fetch: async (request, env) => {
        arrived += 1;
        return self.edge(async () => app.fetch(request, env), request);
      },
    }) as Server;
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    const app = createReceiver({
      verifier: {
        audience: host,
        keys,
        limits,
        store: memoryStore(),
        now,
        monotonicNow: () => performance.now() + passedMs,
        onVerdict: ({ code }) => {
          if (code !== 'admitted') refusals.push(code);
        },
      },
      seen: createSeenEvents({ now }),
      handle: async (event) => {
        await self.onHandle(event);
        handled.push(event);
      },
    });
    app.onError((_, c) => c.json({ error: 'the handler failed' }, 500));
    const self: Receiver = {
      url: `http://${host}/webhooks`,
      handled,
      refusals,
      arrived: () => arrived,
      list: (...listed) => {
        secrets = listed;
        keys.invalidate(`webhooks-${customer}`);
      },
      edge: (pass) => pass(),
      onHandle: () => {},
    };
    sender.addEndpoint({ id: customer, url: self.url, keyId: `webhooks-${customer}`, secret });
    return self;
  };

  return {
    sender,
    now,
    putForward: (ms) => {
      passedMs += ms;
    },
    later: async () => {
      passedMs += Math.max(0, sender.nextDueMs() - now());
      await sender.deliverDue();
    },
    receiver,
    publish: (endpointId, ...types) =>
      types.map((type) => {
        const event = { id: randomUUID(), type, timestamp: new Date(now()).toISOString(), data: { type } };
        sender.publish(endpointId, event);
        return event;
      }),
    [Symbol.asyncDispose]: async () => {
      await sender.close();
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

export function makeSecret(): string {
  return `cs1s_${randomBytes(32).toString('base64url')}`;
}

export interface Recorded {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A delivery as somebody on the way sees it. */
export function makeDelivery(
  url: string,
  customer: string,
  secret: string,
  event: WebhookEvent,
  now: () => number,
): Recorded {
  const signer = createSigner({ keyId: `webhooks-${customer}`, secret, scope: SCOPE, now });
  const body = eventBody(event);
  const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey(event) };
  return { url, body, headers: { ...headers, ...signer.sign({ method: 'POST', url, headers, body }) } };
}

/** Sends a recorded delivery; the answer in few words. */
export async function play({ url, headers, body }: Recorded): Promise<string> {
  const answer = await fetch(url, { method: 'POST', headers, body });
  const { code, duplicate, error } = (await answer.json()) as Record<string, unknown>;
  const what = code ?? error ?? (duplicate === true ? 'duplicate' : 'handled');
  return `${answer.status} ${String(what)}`;
}
