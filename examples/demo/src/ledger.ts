/**
 * Reads the servers' journals and counts what they did: how often a call was executed, what was admitted. It believes
 * no answer that a server gave.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { countCodes } from './codes.js';
import { type FullestWindow, fullestWindows } from './rate-windows.js';
import type { AdmissionEntry, Entry, ExecutionEntry } from './server/journal.js';

export interface Ledger {
  /** Executions of the call of exactly this name. */
  readonly executionsOf: (call: string) => number;
  /** Executions of all calls whose names begin so. */
  readonly executions: (callPrefix: string) => readonly ExecutionEntry[];
  /** @param nonce a UUID */
  readonly executionsOfNonce: (nonce: string) => number;
  readonly admissionsOf: (owner: string) => readonly AdmissionEntry[];
  /** How many verdicts of each code. */
  readonly codes: () => ReadonlyMap<string, number>;
  readonly fullestWindows: (owner?: string) => readonly FullestWindow[];
  /** Nonces, as `key nonce`, that were admitted or executed more often than once. */
  readonly repeated: () => readonly string[];
  readonly size: () => number;
}

export function openLedger(journalFiles: readonly string[]): Ledger {
  const journals = journalFiles.map(openJournalReader);
  const entries = (): Entry[] => journals.flatMap((read) => read());
  const executions = (): ExecutionEntry[] => entries().filter((entry) => entry.kind === 'execution');
  const admissions = (): AdmissionEntry[] => entries().filter((entry) => entry.kind === 'admission');

  return {
    executionsOf: (call) => executions().filter((entry) => entry.call === call).length,
    executions: (prefix) => executions().filter(({ call }) => call?.startsWith(prefix)),
    executionsOfNonce: (nonce) =>
      executions().filter((entry) => entry.nonce === nonce.replaceAll('-', '')).length,
    admissionsOf: (owner) => admissions().filter((entry) => entry.owner === owner),
    codes: () => countCodes(entries().flatMap((entry) => (entry.kind === 'verdict' ? [entry.code] : []))),
    fullestWindows: (owner) =>
      fullestWindows(admissions().filter((entry) => owner === undefined || entry.owner === owner)),
    repeated: () => [...new Set([...repeatedIn(executions()), ...repeatedIn(admissions())])],
    size: () => entries().length,
  };
}

function repeatedIn(entries: readonly (AdmissionEntry | ExecutionEntry)[]): string[] {
  const counts = countCodes(entries.map(({ key, nonce }) => `${key} ${nonce}`));
  return [...counts].flatMap(([name, times]) => (times > 1 ? [name] : []));
}

/** All entries so far. A line that a kill has cut off is no entry. */
function openJournalReader(file: string): () => readonly Entry[] {
  const entries: Entry[] = [];
  const buffer = Buffer.alloc(1024 * 1024);
  let rest = '';
  let position = 0;
  return () => {
    if (!existsSync(file)) return entries;
    const fd = openSync(file, 'r');
    for (;;) {
      const length = readSync(fd, buffer, 0, buffer.length, position);
      if (length === 0) break;
      position += length;
      // One byte a character: a chunk may end inside of one, and journals hold ASCII only.
      const lines = (rest + buffer.toString('latin1', 0, length)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) entries.push(JSON.parse(line));
    }
    closeSync(fd);
    return entries;
  };
}
