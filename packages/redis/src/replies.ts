/**
 * Puts a script's reply into the store's words.
 */
import {
  type AcceptanceWindow,
  type Admission,
  type AdmissionResult,
  staleSinceMs,
} from '@countersign/server/stores';
import type { Reply } from './link/wire.js';
import { REPLY } from './script/bucket.js';

/** What the caller is told to wait when the store cannot tell. */
const RETRY_AFTER_MS = 1_000;

export function unavailable(reason: string): AdmissionResult & { outcome: 'unavailable' } {
  return { outcome: 'unavailable', retryAfterMs: RETRY_AFTER_MS, reason };
}

/**
 * Since when a stale signature is certainly dead, on the verifier's clock: the client holds it against a verdict's time,
 * which is of that clock, and may be ahead of the server's by as much as the answer took.
 *
 * @param nowMs the server's time in its answer
 */
export function staleSince(window: AcceptanceWindow, signedAtMs: number, nowMs: number): number {
  const oursMs = window.clock.nowMs();
  return staleSinceMs(window, signedAtMs + oursMs - nowMs, oursMs);
}

/** The outcome of an admission. */
export function admissionResult(
  reply: Reply,
  { charges, signedAtMs }: Admission,
  window: AcceptanceWindow,
): AdmissionResult {
  const [code, nowMs, ...rest] = reply;
  const numbers = rest as readonly number[];
  switch (code) {
    case REPLY.admitted:
      return {
        outcome: 'admitted',
        levels: charges.map(({ policy, limit, windowMs }, index) => {
          const remaining = numbers[1 + 2 * index] ?? 0;
          const resetMs = numbers[2 + 2 * index] ?? 0;
          return { policy, limit, windowMs, remaining, resetMs };
        }),
      };
    case REPLY.limited: {
      const [waitMs = -1] = numbers;
      const levels = charges.map(({ policy, limit, windowMs }, index) => {
        const [remaining = 0, resetMs = 0, violated = 0] = numbers.slice(1 + 3 * index);
        const level = { policy, limit, windowMs, remaining, resetMs };
        return violated === 1 ? { ...level, violated: true as const } : level;
      });
      return waitMs < 0
        ? { outcome: 'limited', levels }
        : { outcome: 'limited', levels, retryAfterMs: waitMs };
    }
    case REPLY.replayed:
      return { outcome: 'replayed' };
    case REPLY.stale:
      return { outcome: 'stale', deadSinceMs: staleSince(window, signedAtMs, nowMs) };
    case REPLY.future:
      return { outcome: 'future' };
    case REPLY.recovering: {
      const [horizonMs = nowMs, deadSinceMs = nowMs] = numbers;
      const { clock } = window;
      const oursMs = clock.nowMs();
      return {
        outcome: 'recovering',
        deadSinceMs: Math.min(oursMs, Math.max(deadSinceMs + oursMs - nowMs, clock.steadySinceMs())),
        retryAfterMs: Math.max(0, horizonMs - nowMs + 1),
      };
    }
    case REPLY.late:
      return unavailable('the command came to its turn too late');
    case REPLY.notHere:
      return unavailable('the key is on its way to another owner');
    case REPLY.otherServer:
      return unavailable('the server changed while it was asked');
    case REPLY.infoDenied:
      return unavailable(
        'the user may not run INFO, which tells one server from another: ACL SETUSER … +info',
      );
    default:
      return unavailable(`an answer that is none of the script's: ${String(code)}`);
  }
}
