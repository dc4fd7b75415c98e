/**
 * The embedded store: nonces and budgets of one process, in bounded memory. It answers at once and needs nothing
 * else running. A restart forgets everything, unless it is given a horizon file; several processes share nothing.
 */
import { openHorizonFile } from '#horizon-file';
import {
  type AcceptanceWindow,
  judgeFreshness,
  requireSameTolerance,
  staleSinceMs,
} from '../acceptance-window.js';
import type { Admission, AdmissionResult, Store } from '../store.js';
import { createBudgetTable } from './budget-table.js';
import { createHighWaterMark, type HighWaterMark } from './high-water-mark.js';
import { type MemoryStoreOptions, memoryStoreSettings } from './memory-store-options.js';
import { hashNonce } from './nonce-hash.js';
import { type NonceMemory, remembers } from './nonce-memory.js';
import { createNonceTable } from './nonce-table.js';

/** A store in the memory of this process. */
export interface MemoryStore extends Required<Store> {
  /** Nonces in memory. */
  readonly size: number;
  /** With a horizon file: makes the next start cost nothing, and lets the file go. Then nothing is admitted. */
  close(): void | Promise<void>;
}

/** What a signature is admitted with, fixed by `attach`. */
interface Attached {
  readonly window: AcceptanceWindow;
  readonly mark: HighWaterMark | undefined;
}

/** For a store that cannot tell: soon enough for a passing stall, late enough for a disk. */
const RETRY_AFTER_MS = 1_000;
const CLOSED = 'the store is closed';
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * @throws TypeError when `horizonFile` cannot be opened, locked or read, or is used outside Node
 * @throws TypeError or RangeError naming an option that is not what it should be
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxNonces, maxBudgetsPerOwner, horizonFile, onWarning, hashSeed } = memoryStoreSettings(options);
  const file = horizonFile === undefined ? undefined : openHorizonFile(horizonFile);
  const nonces = createNonceTable(maxNonces, hashSeed);
  const budgets = createBudgetTable(maxBudgetsPerOwner);
  let attached: Attached | undefined;
  /** The greatest signed time admitted or declared dead: what a restart must not admit again. */
  let decidedMs = NEVER;
  let closing: Promise<void> | undefined;
  let closed = false;

  /** `undefined`: all is well, but the mark has to be raised first. */
  function attempt({ window, mark }: Attached, admission: Admission): AdmissionResult | undefined {
    const { key, owner, signedAtMs, charges } = admission;
    const nowMs = window.clock.nowMs();
    const freshness = judgeFreshness(window, signedAtMs, nowMs);
    if (freshness === 'future') return { outcome: 'future' };
    if (freshness === 'stale') {
      if (mark !== undefined && !mark.covers(signedAtMs, nowMs)) return undefined;
      return { outcome: 'stale', deadSinceMs: declareDead(window, key, signedAtMs, nowMs) };
    }

    const oldestMs = nowMs - window.pastMs;
    nonces.sweep(oldestMs);
    const memory = nonces.memoryOf(key, oldestMs);
    const horizonMs = Math.max(mark?.startMs ?? NEVER, nonces.horizonMs(), memory?.horizonMs ?? NEVER);
    if (signedAtMs <= horizonMs) {
      const deadSinceMs = recoveringSinceMs({ window, mark }, memory, signedAtMs, nowMs);
      return { outcome: 'recovering', deadSinceMs, retryAfterMs: Math.max(0, horizonMs - nowMs + 1) };
    }

    const nonce = hashNonce(hashSeed, admission.nonce);
    if (memory !== undefined && remembers(memory, nonce)) return { outcome: 'replayed' };

    const atMs = window.clock.monotonicThenMs();
    budgets.sweep(atMs);
    const refusal = budgets.refusal(owner, charges, atMs);
    if (refusal !== undefined) return refusal;

    if (mark !== undefined && !mark.covers(signedAtMs, nowMs)) return undefined;
    decidedMs = Math.max(decidedMs, signedAtMs);
    nonces.remember(key, nonce, signedAtMs, nowMs);
    return { outcome: 'admitted', levels: budgets.take(owner, charges, atMs) };
  }

  /** Begins anew after the wait: the nonce may be taken, the budgets spent, the signature stale by then. */
  async function attemptAfterMark(by: Attached, admission: Admission): Promise<AdmissionResult> {
    const reason = await by.mark?.reach(admission.signedAtMs, admission.withinMs);
    if (reason !== undefined) return unavailable(reason);
    return closed ? unavailable(CLOSED) : (attempt(by, admission) ?? unavailable('the mark stayed behind'));
  }

  /** A client that hears this may sign anew, so the old signature stays dead, whatever the clock does. */
  function declareDead(window: AcceptanceWindow, key: string, signedAtMs: number, nowMs: number): number {
    decidedMs = Math.max(decidedMs, signedAtMs);
    nonces.declareDead(key, signedAtMs);
    return staleSinceMs(window, signedAtMs, nowMs);
  }

  function declareIfStale(window: AcceptanceWindow, key: string, signedAtMs: number): number | undefined {
    const nowMs = window.clock.nowMs();
    const freshness = judgeFreshness(window, signedAtMs, nowMs);
    return freshness === 'stale' ? declareDead(window, key, signedAtMs, nowMs) : undefined;
  }

  async function declareAfterMark(
    window: AcceptanceWindow,
    mark: HighWaterMark,
    key: string,
    signedAtMs: number,
  ): Promise<number | undefined> {
    const reason = await mark.reach(signedAtMs);
    if (reason !== undefined || closed) throw new Error(reason ?? CLOSED);
    return declareIfStale(window, key, signedAtMs);
  }

  function startMark(window: AcceptanceWindow): HighWaterMark | undefined {
    if (file === undefined) return undefined;
    window.clock.distrustPast();
    return createHighWaterMark(file, window.clock.nowMs(), window.futureMs, onWarning);
  }

  function requireAttached(): Attached {
    if (attached === undefined) throw new TypeError('store: attach an acceptance window before admitting');
    return attached;
  }

  async function closeFile(): Promise<void> {
    await attached?.mark?.settle(decidedMs);
    file?.close();
  }

  return {
    get size() {
      return nonces.size();
    },
    attach: (window) => {
      attached ??= { window, mark: startMark(window) };
      requireSameTolerance(attached.window, window);
    },
    admit: (admission) => {
      const by = requireAttached();
      if (closed) return unavailable(CLOSED);
      return attempt(by, admission) ?? attemptAfterMark(by, admission);
    },
    declareStale: (key, _owner, signedAtMs) => {
      const { window, mark } = requireAttached();
      if (closed) throw new Error(CLOSED);
      return mark === undefined || mark.covers(signedAtMs, window.clock.nowMs())
        ? declareIfStale(window, key, signedAtMs)
        : declareAfterMark(window, mark, key, signedAtMs);
    },
    close: () => {
      closed = true;
      if (file !== undefined) closing ??= closeFile();
      return closing;
    },
  };
}

/** Later than the truth where in doubt; but what cannot be admitted now is dead now. */
function recoveringSinceMs(
  { window, mark }: Attached,
  memory: NonceMemory | undefined,
  signedAtMs: number,
  nowMs: number,
): number {
  const steadySinceMs = window.clock.steadySinceMs();
  // The clock was distrusted when this process began.
  if (mark !== undefined && signedAtMs <= mark.startMs) return Math.min(nowMs, steadySinceMs);
  if (memory !== undefined && signedAtMs <= memory.cappedMs) {
    return Math.min(nowMs, Math.max(memory.cappedAtMs, steadySinceMs));
  }
  return nowMs;
}

function unavailable(reason: string): AdmissionResult {
  return { outcome: 'unavailable', retryAfterMs: RETRY_AFTER_MS, reason };
}
