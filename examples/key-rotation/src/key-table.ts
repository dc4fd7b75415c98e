/**
 * The keys of an API, as an application keeps them in its database: asked for by id, changed while the server runs. Here
 * the database is a Map that takes its time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FindKey, KeyConfig } from '@countersign/server';

/** One of up to three secrets of a key. */
export interface SecretRow {
  readonly secret: string;
  /** Unix time in milliseconds. */
  readonly expiresAt?: number;
}

export interface KeyRow {
  readonly owner: string;
  readonly scopes: readonly string[];
  readonly secrets: readonly SecretRow[];
}

export interface KeyTable {
  readonly find: FindKey;
  readonly row: (id: string) => KeyRow;
  readonly write: (id: string, row: KeyRow) => void;
}

const LATENCY_MS = 5;

export function keyTable(rows: Readonly<Record<string, KeyRow>>): KeyTable {
  const table = new Map(Object.entries(rows));
  const row = (id: string): KeyRow => {
    const found = table.get(id);
    if (found === undefined) throw new Error(`no key ${id}`);
    return found;
  };
  return {
    find: async (id, { signal }): Promise<KeyConfig | undefined> => {
      await sleep(LATENCY_MS, undefined, { signal });
      return table.get(id);
    },
    row,
    write: (id, changed) => void table.set(id, changed),
  };
}

/** Begins a rotation: from now on the new secret proves too. A key has three at most. */
export function addSecret(table: KeyTable, id: string, secret: string): void {
  const row = table.row(id);
  table.write(id, { ...row, secrets: [...row.secrets, { secret }] });
}

/** Ends a rotation: all secrets but the newest prove until `expiresAt`, and not a millisecond longer. */
export function expireOlder(table: KeyTable, id: string, expiresAt: number): void {
  const row = table.row(id);
  const older = row.secrets.slice(0, -1).map(({ secret }) => ({ secret, expiresAt }));
  table.write(id, { ...row, secrets: [...older, ...row.secrets.slice(-1)] });
}

/** Tidies up after a rotation. A secret that has expired proves nothing with or without it. */
export function dropExpired(table: KeyTable, id: string, nowMs: number): void {
  const row = table.row(id);
  table.write(id, { ...row, secrets: row.secrets.filter(({ expiresAt = Infinity }) => nowMs < expiresAt) });
}

/** In an emergency: nothing but the new secret proves. */
export function replaceSecrets(table: KeyTable, id: string, secret: string): void {
  table.write(id, { ...table.row(id), secrets: [{ secret }] });
}
