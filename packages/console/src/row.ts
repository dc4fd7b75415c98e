/** A verdict, cut down to what the page shows of it. */
import type { VerdictEvent } from '@countersign/server';
import { redact, shownTarget } from './redact.js';
import type { Row } from './wire.js';

type Writable<T> = { -readonly [Member in keyof T]: T[Member] };

/** The row of a verdict: no secret, no signature, no header value, no query value, and no long text. */
export function rowOf(event: VerdictEvent): Row {
  const row: Writable<Row> = {
    at: event.atMs,
    code: event.code,
    status: event.status,
    ms: Math.round(event.durationMs * 100) / 100,
    method: redact(event.method),
    target: shownTarget(event.target),
    proved: event.proved,
  };
  if (event.keyId !== undefined) row.key = redact(event.keyId);
  if (event.owner !== undefined) row.owner = redact(event.owner);
  if (event.scope !== undefined && event.scope !== '') row.scope = redact(event.scope);
  if (event.reason !== undefined) row.reason = redact(event.reason);
  if (event.address !== undefined) row.address = redact(event.address);
  return row;
}
