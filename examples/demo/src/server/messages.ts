/** What the orchestrator and a server process say to each other over IPC. */
import type { Tolerance, VerdictEvent } from '@countersign/server';
import type { Secrets } from '../partners.js';
import type { Sabotage } from './sabotage.js';

export interface ServerSettings {
  /** 0: any free one. */
  readonly port: number;
  /** The names by which clients address it, besides its own address. */
  readonly audience: readonly string[];
  readonly tolerance: Tolerance;
  /** Absent: a restart forgets. */
  readonly horizonFile?: string;
  readonly journalFile: string;
  readonly secrets: Secrets;
  /** Whether it tells its verdicts, for a console. */
  readonly watched: boolean;
  /** What is broken on purpose. */
  readonly sabotage?: Sabotage;
}

export type ToServer =
  | { readonly type: 'start'; readonly settings: ServerSettings }
  /** Close the store and end, as a deployment would. */
  | { readonly type: 'stop' };

export type FromServer =
  | { readonly type: 'listening'; readonly port: number; readonly warnings: readonly string[] }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'verdict'; readonly event: VerdictEvent };
