/** What the orchestrator and a client process say to each other over IPC. */
import type { KeyId } from '../partners.js';

export interface ClientSettings {
  readonly keyId: KeyId;
  readonly secret: string;
  /** Origin of the API, as this client addresses it. */
  readonly origin: string;
  /** How far this client's clock is off. Negative: slow. */
  readonly clockOffsetMs: number;
  /** How often one call may send. */
  readonly attempts: number;
}

/** One call, or many alike. `{n}` in path, body and call is the number of the call, from 1. */
export interface Job {
  /** The name of the call, sent as its signed Idempotency-Key; what executions are counted by. */
  readonly call: string;
  readonly method: string;
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly scope?: string;
  /** How many calls; default 1, or no end where `forMs` is given. */
  readonly count?: number;
  /** No new call begins after so long. */
  readonly forMs?: number;
  /** How many at the same time; default 1. */
  readonly concurrency?: number;
  /** Between one's answer and the next, in milliseconds; default 0. */
  readonly spacingMs?: number;
}

/** How a call ended: with an answer, or with an error. */
export interface CallResult {
  readonly call: string;
  readonly status?: number;
  /** The code of a problem document, or of a CountersignError; the name of any other error. */
  readonly code?: string;
  /** What a CountersignError knows. */
  readonly outcome?: string;
  readonly durationMs: number;
}

export type ToClient =
  | { readonly type: 'start'; readonly settings: ClientSettings }
  | { readonly type: 'run'; readonly id: number; readonly job: Job };

export interface Done {
  readonly type: 'done';
  readonly id: number;
  readonly results: readonly CallResult[];
  /** Requests on the wire, whatever came of them. */
  readonly sent: number;
}

export type FromClient = { readonly type: 'ready' } | Done;
