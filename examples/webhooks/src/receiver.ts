/**
 * Receives webhooks: the customer's side, where the verifier runs. A delivery is admitted once by its signature; an event
 * is handled once by its id, in however many deliveries it comes.
 */
import { countersign } from '@countersign/hono';
import { createVerifier, type VerifierOptions } from '@countersign/server';
import { Hono } from 'hono';
import { SCOPE } from './delivery.js';
import { eventIdOf, type WebhookEvent } from './event.js';
import { createSeenEvents, type SeenEvents } from './seen-events.js';

export interface ReceiverOptions {
  /** `audience`: the host of your endpoint's URL. `keys`: the sender's key, with both secrets while one is replaced. */
  readonly verifier: VerifierOptions;
  /** Does what the event is for. When it rejects, the event comes again. */
  readonly handle: (event: WebhookEvent, sender: string) => Promise<void>;
  readonly seen?: SeenEvents;
}

export function createReceiver({
  verifier: options,
  handle,
  seen = createSeenEvents(),
}: ReceiverOptions): Hono {
  const verifier = createVerifier(options);
  const app = new Hono();
  app.post('/webhooks', countersign(verifier, { scope: SCOPE }), async (c) => {
    const { key, request } = c.get('countersign');
    const sender = key.owner;
    // Out of what was signed, not out of what arrived.
    const id = eventIdOf(new Map(request.headers).get('idempotency-key'));
    if (id === undefined) return c.json({ error: 'no event id' }, 400);
    const begun = seen.begin(sender, id, request.digest);
    if (begun === 'done') return c.json({ duplicate: true });
    if (begun === 'running') return c.json({ error: 'this event is being handled' }, 409);
    if (begun === 'other-body') return c.json({ error: 'this event said something else' }, 422);
    try {
      // The body's own `id`, if somebody put one there, is not the event's.
      await handle({ ...(await c.req.json()), id }, sender);
    } catch (error) {
      seen.failed(sender, id);
      throw error;
    }
    seen.done(sender, id);
    return c.json({ duplicate: false });
  });
  return app;
}
