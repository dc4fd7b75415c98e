/**
 * The contract between the verifier and a store: one operation that claims a nonce and charges budgets, or does
 * neither. A store is the judge of its own memory; nothing here says how it remembers.
 */
import type { AcceptanceWindow } from './acceptance-window.js';

/** What one admission takes from one budget. A budget's identity is (owner, `policy`). */
export interface Charge {
  /** Scope and rate as one name, e.g. `orders:write 60/60s`; also the policy's name in the RateLimit fields. */
  readonly policy: string;
  /** At most this many units in any half-open `windowMs`. */
  readonly limit: number;
  /** The window in milliseconds. */
  readonly windowMs: number;
  /** Units: a positive integer. */
  readonly cost: number;
}

/** A request that has passed every other step and asks to be counted. */
export interface Admission {
  /** Key id. Nonces are remembered by (key, nonce). */
  readonly key: string;
  /** Whose budgets are charged. */
  readonly owner: string;
  /** 16 bytes. */
  readonly nonce: Uint8Array;
  /** When the client says that it signed, Unix time in milliseconds. */
  readonly signedAtMs: number;
  /** The budgets on the path. No policy stands twice: the verifier never sends that, and stores need not agree on it. */
  readonly charges: readonly Charge[];
  /**
   * For how many milliseconds the answer is waited for; absent: as long as it takes. By then the caller is told that
   * nothing was counted, so a claim that comes later must not take effect, or must be undone.
   */
  readonly withinMs?: number;
}

/** What a budget has left, as told to the client. */
export interface BudgetLevel {
  /** As in the charge. */
  readonly policy: string;
  /** Units in any window. */
  readonly limit: number;
  /** The window in milliseconds. */
  readonly windowMs: number;
  /** Units that are left now, this admission counted. */
  readonly remaining: number;
  /** Until more becomes available, in milliseconds; 0 when nothing is in use. */
  readonly resetMs: number;
  /** Whether this budget had too little left for the charge. Only in `limited`. */
  readonly violated?: true;
}

/**
 * The outcome of an admission. Everything but `admitted` has changed nothing.
 *
 * - `replayed`: this (key, nonce) was admitted before.
 * - `limited`: a budget has too little left. `retryAfterMs` is exact when nobody else charges it; absent: never.
 * - `stale`, `future`: signed outside the acceptance window.
 * - `recovering`: signed at or before a horizon, inside the window. `retryAfterMs`: until a signature made then is admitted.
 * - `unavailable`: the store could not tell.
 *
 * `deadSinceMs`: a time since when this signature can certainly not be admitted; later than the truth where in doubt.
 */
export type AdmissionResult =
  | { readonly outcome: 'admitted'; readonly levels: readonly BudgetLevel[] }
  | { readonly outcome: 'replayed' }
  | { readonly outcome: 'limited'; readonly levels: readonly BudgetLevel[]; readonly retryAfterMs?: number }
  | { readonly outcome: 'stale'; readonly deadSinceMs: number }
  | { readonly outcome: 'future' }
  | { readonly outcome: 'recovering'; readonly deadSinceMs: number; readonly retryAfterMs: number }
  | { readonly outcome: 'unavailable'; readonly retryAfterMs: number; readonly reason: string };

/** A store. Its order inside `admit`: horizon and window, replay, budgets, then the claim. */
export interface Store {
  /** Never throws and never rejects for what a request says. */
  admit(admission: Admission): AdmissionResult | Promise<AdmissionResult>;
  /**
   * Gives the store the acceptance window that it owns from then on. Called by each verifier that uses the store.
   *
   * @throws RangeError when it was attached before with another tolerance
   */
  attach?(window: AcceptanceWindow): void;
  /**
   * Asked before a client is told, early, that its signature is stale: from then on nothing that this key signed at or
   * before that time may be admitted, whatever the clock does, because the client will sign anew.
   *
   * @returns since when that is certain; `undefined` when the store would still admit it
   */
  declareStale?(
    key: string,
    owner: string,
    signedAtMs: number,
  ): number | undefined | Promise<number | undefined>;
  /** Lets go of files and connections. */
  close?(): void | Promise<void>;
}
