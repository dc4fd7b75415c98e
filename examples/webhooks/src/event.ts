/** An event as it is told: the body of a delivery. Its id stands in a signed field, `Idempotency-Key`, not in the body. */

export interface WebhookEvent {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`; the same in every delivery of this event. */
  readonly id: string;
  /** What happened, e.g. `invoice.paid`. */
  readonly type: string;
  /** When it happened, RFC 3339. Not when it is delivered. */
  readonly timestamp: string;
  readonly data: unknown;
}

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const FIELD = /^"([A-Za-z0-9_-]{1,64})"$/;

/** @throws TypeError when the event's id is none */
export function idempotencyKey({ id }: WebhookEvent): string {
  if (!ID.test(id)) throw new TypeError('id: expected 1 to 64 of A-Z a-z 0-9 _ -');
  // A String of RFC 9651, as draft-ietf-httpapi-idempotency-key-header has it.
  return `"${id}"`;
}

/** The event's id out of the field's value; `undefined` for anything else. */
export function eventIdOf(field: string | undefined): string | undefined {
  return FIELD.exec(field ?? '')?.[1];
}

export function eventBody({ type, timestamp, data }: WebhookEvent): string {
  return JSON.stringify({ type, timestamp, data });
}
