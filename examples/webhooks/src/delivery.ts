/** One delivery of an event: signed for this moment, sent, and judged. When the next is due is the sender's business. */
import {
  AlreadyAdmittedError,
  CountersignError,
  createSigner,
  OutcomeUnknownError,
  RateLimitedError,
} from '@countersign/client';
import { countersign } from '@countersign/client/undici';
import { type Agent, request } from 'undici';
import { eventBody, idempotencyKey, type WebhookEvent } from './event.js';

/** A customer's endpoint. Each has a key of its own: what one customer can forge reaches no other. */
export interface Endpoint {
  readonly id: string;
  readonly url: URL;
  readonly keyId: string;
  readonly secret: string;
}

export type DeliveryResult =
  | { readonly outcome: 'delivered' }
  /** 410: the receiver wants nothing any more. */
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'failed'; readonly why: string; readonly retryAfterMs?: number | undefined };

export interface DeliveryOptions {
  /** How long a receiver may take. Default 15 000. */
  readonly timeoutMs?: number | undefined;
  readonly now?: (() => number) | undefined;
}

/** Delivers an event once: each call makes a new signature, for the same event id. */
export type Deliver = (event: WebhookEvent) => Promise<DeliveryResult>;

export const SCOPE = 'webhooks';
const MAX_ANSWER_BYTES = 16_384;

export function deliverTo(agent: Agent, endpoint: Endpoint, options: DeliveryOptions = {}): Deliver {
  const { timeoutMs = 15_000, now = Date.now } = options;
  const signer = createSigner({ keyId: endpoint.keyId, secret: endpoint.secret, scope: SCOPE, now });
  // When there is no answer the same signature is sent once more: it is admitted once at most.
  const dispatcher = agent.compose(
    countersign(signer, { attempts: 2, maxWaitMs: 2_000, attemptTimeoutMs: timeoutMs }),
  );
  return async (event) => {
    try {
      const { statusCode, headers, body } = await request(endpoint.url, {
        dispatcher,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey(event) },
        body: eventBody(event),
      });
      // What the receiver says is of no interest, however much it is and however long it takes.
      await body.dump({ limit: MAX_ANSWER_BYTES, signal: AbortSignal.timeout(timeoutMs) }).catch(() => {});
      if (statusCode >= 200 && statusCode < 300) return { outcome: 'delivered' };
      if (statusCode === 410) return { outcome: 'gone' };
      const seconds = Number(headers['retry-after']);
      const retryAfterMs = seconds > 0 ? seconds * 1000 : undefined;
      return { outcome: 'failed', why: String(statusCode), retryAfterMs };
    } catch (error) {
      return { outcome: 'failed', ...reasonOf(error) };
    }
  };
}

function reasonOf(error: unknown): { readonly why: string; readonly retryAfterMs?: number | undefined } {
  if (error instanceof RateLimitedError) return { why: error.code, retryAfterMs: error.retryAfterMs };
  // It was executed, or is being executed. The next delivery of the same event id finds out, and executes nothing.
  if (error instanceof AlreadyAdmittedError) return { why: 'admitted, but its answer is lost' };
  const cause = error instanceof OutcomeUnknownError ? error.cause : error;
  if (cause instanceof CountersignError) return { why: cause.code };
  return { why: cause instanceof Error ? cause.message || cause.name : String(cause) };
}
