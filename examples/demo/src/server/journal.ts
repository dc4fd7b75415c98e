/**
 * What a server did, one JSON line each, written before the next thing happens: it survives SIGKILL, so that
 * "executed once" can be counted across the death of a process. It judges nothing; `ledger.ts` does.
 */
import { openSync, writeSync } from 'node:fs';
import type { Charge } from '@countersign/server';

/** The store said yes. */
export interface AdmissionEntry {
  readonly kind: 'admission';
  /** The process: budgets in memory begin anew with each. */
  readonly life: number;
  /** The reading of the monotonic clock by which the store decided. */
  readonly atMs: number;
  readonly key: string;
  readonly owner: string;
  /** 32 hex digits. */
  readonly nonce: string;
  readonly charges: readonly Charge[];
}

/** A handler of the order API ran. */
export interface ExecutionEntry {
  readonly kind: 'execution';
  readonly key: string;
  readonly nonce: string;
  readonly scope: string;
  /** The client's name for its call: the signed Idempotency-Key. */
  readonly call?: string;
}

/** The verifier gave a verdict. */
export interface VerdictEntry {
  readonly kind: 'verdict';
  /** A refusal code, or `admitted`. */
  readonly code: string;
}

export type Entry = AdmissionEntry | ExecutionEntry | VerdictEntry;

export type Journal = (entry: Entry) => void;

export function openJournal(path: string): Journal {
  const fd = openSync(path, 'a');
  return (entry) => {
    writeSync(fd, `${JSON.stringify(entry)}\n`);
  };
}
