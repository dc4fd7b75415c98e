/**
 * Reads the servers' journals and checks what they promise: how often a call was executed, and whether any window of
 * any budget holds more than its limit. It believes no answer that a server gave.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { AdmissionEntry, Entry, ExecutionEntry } from './server/journal.js';

/** The fullest window of one budget in one life of a server. */
export interface FullestWindow {
  readonly owner: string;
  readonly policy: string;
  readonly limit: number;
  readonly units: number;
}

export interface Ledger {
  /** Executions of the call of exactly this name. */
  readonly executionsOf: (call: string) => number;
  /** Executions of all calls whose names begin so. */
  readonly executions: (callPrefix: string) => readonly ExecutionEntry[];
  readonly executionsOfNonce: (nonce: string) => number;
  readonly admissionsOf: (owner: string) => readonly AdmissionEntry[];
  /** How many verdicts of each code. */
  readonly codes: () => ReadonlyMap<string, number>;
  /** For each budget that was charged. Every admission is tried as the beginning of a window. */
  readonly fullestWindows: (owner?: string) => readonly FullestWindow[];
  /** Nonces, as `key nonce`, that were admitted or executed more often than once. */
  readonly repeated: () => readonly string[];
  readonly size: () => number;
}

export function openLedger(journalFiles: readonly string[]): Ledger {
  const entries = (): Entry[] => journalFiles.flatMap(readEntries);
  const executions = (): ExecutionEntry[] => entries().filter(isExecution);
  const admissions = (): AdmissionEntry[] => entries().filter(isAdmission);

  return {
    executionsOf: (call) => executions().filter((entry) => entry.call === call).length,
    executions: (prefix) => executions().filter(({ call }) => call?.startsWith(prefix)),
    executionsOfNonce: (nonce) => executions().filter((entry) => entry.nonce === plain(nonce)).length,
    admissionsOf: (owner) => admissions().filter((entry) => entry.owner === owner),
    codes: () => count(entries().flatMap((entry) => (entry.kind === 'verdict' ? [entry.code] : []))),
    fullestWindows: (owner) => {
      return fullestWindows(admissions().filter((entry) => owner === undefined || entry.owner === owner));
    },
    repeated: () => {
      const repeatedIn = (list: readonly (AdmissionEntry | ExecutionEntry)[]): string[] => {
        const counts = count(list.map(({ key, nonce }) => `${key} ${nonce}`));
        return [...counts].flatMap(([name, times]) => (times > 1 ? [name] : []));
      };
      return [...new Set([...repeatedIn(executions()), ...repeatedIn(admissions())])];
    },
    size: () => entries().length,
  };
}

function fullestWindows(admissions: readonly AdmissionEntry[]): FullestWindow[] {
  interface Charged {
    readonly atMs: number;
    readonly cost: number;
    readonly windowMs: number;
  }
  const charged = new Map<string, Charged[]>();
  const windows = new Map<string, FullestWindow>();
  for (const { life, owner, atMs, charges } of admissions) {
    for (const { policy, limit, windowMs, cost } of charges) {
      const name = `${life} ${owner} ${policy}`;
      const list = charged.get(name) ?? [];
      list.push({ atMs, cost, windowMs });
      charged.set(name, list);
      windows.set(name, { owner, policy, limit, units: 0 });
    }
  }
  return [...windows].map(([name, window]) => {
    const list = charged.get(name) ?? [];
    const unitsFrom = (start: Charged): number =>
      list
        .filter(({ atMs }) => atMs >= start.atMs && atMs < start.atMs + start.windowMs)
        .reduce((sum, { cost }) => sum + cost, 0);
    return { ...window, units: Math.max(...list.map(unitsFrom)) };
  });
}

function readEntries(file: string): Entry[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  // What follows the last newline was cut off by a kill, or is empty.
  return lines.slice(0, -1).map((line): Entry => JSON.parse(line));
}

function isExecution(entry: Entry): entry is ExecutionEntry {
  return entry.kind === 'execution';
}

function isAdmission(entry: Entry): entry is AdmissionEntry {
  return entry.kind === 'admission';
}

function count(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function plain(nonce: string): string {
  return nonce.replaceAll('-', '');
}
