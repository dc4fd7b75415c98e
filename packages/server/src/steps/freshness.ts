/**
 * Step 4: freshness, as an early answer. The window is the store's: before a client is told that its signature is
 * dead, the store is asked to see to it, because the client will sign anew.
 */
import { type AcceptanceWindow, judgeFreshness, staleSinceMs } from '../acceptance-window.js';
import { after, type Eventually } from '../eventually.js';
import type { Key } from '../keys/key.js';
import { isRefusal, type Refusal, refusal } from '../refusals.js';
import type { Store } from '../store.js';
import { askStore } from './ask-store.js';

/** A refusal for a signature outside the window; `undefined` for a fresh one. */
export function checkFreshness(
  window: AcceptanceWindow,
  store: Store,
  storeTimeoutMs: number,
  { id, owner }: Key,
  signedAtMs: number,
  nowMs: number,
): Eventually<Refusal | undefined> {
  const freshness = judgeFreshness(window, signedAtMs, nowMs);
  if (freshness === 'fresh') return undefined;
  const reason = `signed at ${signedAtMs}, the clock is at ${nowMs}`;
  if (freshness === 'future') return refusal('future-timestamp', reason);
  const declared = (): Eventually<number | undefined> =>
    store.declareStale === undefined
      ? staleSinceMs(window, signedAtMs, nowMs)
      : store.declareStale(id, owner, signedAtMs);
  return after(askStore(declared, storeTimeoutMs), (since) =>
    since === undefined || isRefusal(since)
      ? since
      : refusal('stale-timestamp', reason, { deadSinceMs: since }),
  );
}
