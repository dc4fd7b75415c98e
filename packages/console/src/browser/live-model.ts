/** All that the Live page knows, in bounded memory: counts, rows and budgets. It draws nothing. */
import type { Row, Tick } from '../wire.js';
import { type Budgets, createBudgets } from './live-budgets.js';
import { classIndexOf } from './live-classes.js';
import { type Counts, createCounts } from './live-counts.js';

const MAX_OWNERS = 12;
const MAX_ROWS = 400;
const HELD_MS = 30_000;

/** A row with the place in which it came, so that the page knows which it has drawn. */
export interface NumberedRow {
  readonly number: number;
  readonly row: Row;
}

export interface Owner {
  readonly name: string;
  readonly counts: Counts;
  readonly budgets: Budgets;
  seenAtMs: number;
}

export interface Model {
  readonly add: (tick: Tick) => void;
  readonly clear: () => void;
  readonly counts: () => Counts;
  /** Verdicts whose caller proved no key. */
  readonly strangers: () => Counts;
  /** By name. */
  readonly owners: () => readonly Owner[];
  readonly hasMoreOwners: () => boolean;
  /** The newest last. */
  readonly rows: () => readonly NumberedRow[];
}

export function createModel(): Model {
  let counts = createCounts();
  let strangers = createCounts();
  const owners = new Map<string, Owner>();
  let rows: NumberedRow[] = [];
  let moreOwners = false;
  let number = 0;

  /** The owner of a name; undefined when there is no room. */
  const ownerOf = (name: string, atMs: number): Owner | undefined => {
    let owner = owners.get(name);
    if (owner === undefined) {
      if (owners.size >= MAX_OWNERS) {
        moreOwners = true;
        const [idle] = [...owners.values()].sort((a, b) => a.seenAtMs - b.seenAtMs);
        if (idle === undefined || idle.seenAtMs > atMs - HELD_MS) return undefined;
        owners.delete(idle.name);
      }
      owner = { name, counts: createCounts(), budgets: createBudgets(), seenAtMs: atMs };
      owners.set(name, owner);
    }
    owner.seenAtMs = atMs;
    return owner;
  };

  return {
    add: (tick) => {
      const second = Math.floor(tick.at / 1000);
      for (const [code, count, name] of tick.counts) {
        const index = classIndexOf(code);
        counts.add(second, index, count);
        const of = name === undefined ? strangers : ownerOf(name, tick.at)?.counts;
        of?.add(second, index, count);
      }
      for (const level of tick.levels) ownerOf(level.owner, tick.at)?.budgets.set(level, tick.at);
      for (const row of tick.rows) rows.push({ number: ++number, row });
      if (rows.length > MAX_ROWS) rows = rows.slice(-MAX_ROWS);
    },
    clear: () => {
      counts = createCounts();
      strangers = createCounts();
      owners.clear();
      rows = [];
      moreOwners = false;
    },
    counts: () => counts,
    strangers: () => strangers,
    owners: () => [...owners.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    hasMoreOwners: () => moreOwners,
    rows: () => rows,
  };
}
