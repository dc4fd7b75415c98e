/**
 * Sends webhooks: a queue, a schedule for what failed, and a place for what has failed for good. Each delivery is signed
 * when it is made, by the endpoint's secret of that moment. Kept in memory here; a table of your database in production.
 */
import { randomUUID } from 'node:crypto';
import { type Deliver, type DeliveryOptions, deliverTo, type Endpoint } from './delivery.js';
import { type EndpointRules, guardedAgent, requireEndpointUrl } from './endpoint-url.js';
import { idempotencyKey, type WebhookEvent } from './event.js';

export interface SenderOptions extends EndpointRules, DeliveryOptions {
  /** After each failed delivery the time until the next, in milliseconds; after the last the event is a dead letter. */
  readonly schedule?: readonly number[] | undefined;
  /** Deliveries to one endpoint at a time, so that a slow one takes no more. Default 5. */
  readonly maxInFlight?: number | undefined;
  /** From 0 to 1, for jitter. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** An event on its way to an endpoint. */
export interface Queued {
  readonly endpointId: string;
  readonly event: WebhookEvent;
  readonly dueAtMs: number;
  /** Why the deliveries until now failed. */
  readonly failures: readonly string[];
}

export interface Sender {
  /** @throws TypeError when no delivery may go to this URL */
  addEndpoint(endpoint: Omit<Endpoint, 'url'> & { readonly url: string }): void;
  /** @throws TypeError when there is no such endpoint, or the event's id is none */
  publish(endpointId: string, event: WebhookEvent): void;
  /** Delivers what is due. To be called once a second, whether or not the call before has ended. */
  deliverDue(): Promise<void>;
  /** When the next delivery is due, Unix time in milliseconds; Infinity when there is none. */
  nextDueMs(): number;
  readonly deadLetters: readonly Queued[];
  /** Puts dead letters of an endpoint into the queue again, and opens it if it was closed by a 410. */
  redeliver(endpointId: string): void;
  /**
   * Signs with a new secret from now on, if the receiver accepts it already: a `webhook.ping` finds out. Otherwise
   * nothing has changed.
   */
  rotate(endpointId: string, secret: string): Promise<boolean>;
  close(): Promise<void>;
}

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
/** More than three days in all, as Standard Webhooks proposes. */
export const SCHEDULE: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
const JITTER = 0.1;
/** A receiver may ask for a longer wait than the schedule's, and for no longer one than this. */
const MAX_ASKED_MS = 24 * HOUR;

interface Route {
  endpoint: Endpoint;
  deliver: Deliver;
  inFlight: number;
  open: boolean;
}

export function createSender(options: SenderOptions = {}): Sender {
  const { schedule = SCHEDULE, maxInFlight = 5, now = Date.now, random = Math.random } = options;
  const agent = guardedAgent(options);
  const routes = new Map<string, Route>();
  const deadLetters: Queued[] = [];
  let queue: Queued[] = [];
  const routeOf = (endpointId: string): Route => {
    const route = routes.get(endpointId);
    if (route === undefined) throw new TypeError(`endpointId: there is no endpoint ${endpointId}`);
    return route;
  };

  const deliver = async (queued: Queued, route: Route): Promise<void> => {
    route.inFlight += 1;
    const result = await route.deliver(queued.event).finally(() => {
      route.inFlight -= 1;
    });
    if (result.outcome === 'delivered') return;
    if (result.outcome === 'gone') {
      route.open = false;
      deadLetters.push({ ...queued, failures: [...queued.failures, '410'] });
      return;
    }
    const failures = [...queued.failures, result.why];
    const delayMs = schedule[failures.length - 1];
    if (delayMs === undefined) deadLetters.push({ ...queued, failures });
    else {
      const askedMs = Math.min(result.retryAfterMs ?? 0, MAX_ASKED_MS);
      const waitMs = Math.max(delayMs * (1 + JITTER * random()), askedMs);
      queue.push({ ...queued, failures, dueAtMs: now() + waitMs });
    }
  };

  return {
    deadLetters,
    addEndpoint: ({ url, ...rest }) => {
      const endpoint = { ...rest, url: requireEndpointUrl(url, options) };
      const route = { endpoint, deliver: deliverTo(agent, endpoint, options), inFlight: 0, open: true };
      routes.set(endpoint.id, route);
    },
    publish: (endpointId, event) => {
      routeOf(endpointId);
      idempotencyKey(event);
      queue.push({ endpointId, event, dueAtMs: now(), failures: [] });
    },
    deliverDue: async () => {
      const begun: Promise<void>[] = [];
      const left: Queued[] = [];
      for (const queued of queue) {
        const route = routeOf(queued.endpointId);
        if (!route.open) deadLetters.push(queued);
        else if (queued.dueAtMs > now() || route.inFlight >= maxInFlight) left.push(queued);
        else begun.push(deliver(queued, route));
      }
      queue = left;
      await Promise.all(begun);
    },
    nextDueMs: () => Math.min(...queue.map(({ dueAtMs }) => dueAtMs)),
    redeliver: (endpointId) => {
      routeOf(endpointId).open = true;
      const again = deadLetters.filter((letter) => letter.endpointId === endpointId);
      const others = deadLetters.filter((letter) => letter.endpointId !== endpointId);
      deadLetters.splice(0, deadLetters.length, ...others);
      for (const letter of again) queue.push({ ...letter, dueAtMs: now(), failures: [] });
    },
    rotate: async (endpointId, secret) => {
      const route = routeOf(endpointId);
      const endpoint = { ...route.endpoint, secret };
      const deliverNew = deliverTo(agent, endpoint, options);
      const timestamp = new Date(now()).toISOString();
      const ping = { id: randomUUID(), type: 'webhook.ping', timestamp, data: {} };
      if ((await deliverNew(ping)).outcome !== 'delivered') return false;
      Object.assign(route, { endpoint, deliver: deliverNew });
      return true;
    },
    close: () => agent.destroy(),
  };
}
