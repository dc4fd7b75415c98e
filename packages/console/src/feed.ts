/**
 * The verdicts of the last minutes, as ticks that every open page reads at its own speed. There is no queue for a
 * page: a slow one reads from the same bounded history, and loses what has left it. Knows nothing of HTTP.
 */
import type { VerdictEvent } from '@countersign/server';
import { startTick } from './tick.js';
import type { Row, Tick } from './wire.js';

interface FeedBounds {
  readonly tickMs: number;
  readonly keptMs: number;
  /** Characters of JSON in the history. */
  readonly maxChars: number;
  /** Rows in the history; older ticks keep their counts and levels. */
  readonly maxRows: number;
}

export const FEED_BOUNDS: FeedBounds = {
  tickMs: 250,
  keptMs: 180_000,
  maxChars: 4 * 1024 * 1024,
  maxRows: 400,
};

/** A tick that has ended. Ticks are numbered by the verdicts up to their end. */
interface KeptTick {
  readonly upTo: number;
  readonly json: () => string;
}

export interface Feed {
  /** Constant time, no I/O. Never throws. */
  readonly observe: (event: VerdictEvent) => void;
  /** The ticks after a number, some at a time, and how many verdicts between have left the history. */
  readonly after: (upTo: number) => { readonly lost: number; readonly ticks: readonly KeptTick[] };
  /** The number before the oldest tick there is, and that of the newest. */
  readonly range: () => { readonly oldest: number; readonly newest: number };
  /** Calls back at the next tick, once; gives the way to call that off. */
  readonly onceMore: (wake: () => void) => () => void;
}

interface Kept {
  readonly from: number;
  readonly upTo: number;
  readonly at: number;
  readonly start: string;
  rows: string;
  rowCount: number;
}

const MAX_TICKS_AT_ONCE = 64;

export function createFeed(now: () => number, bounds: FeedBounds = FEED_BOUNDS): Feed {
  const kept: Kept[] = [];
  const waiting = new Set<() => void>();
  let tick = startTick();
  let newest = 0;
  let chars = 0;
  let rowCount = 0;
  /** How many of `kept`, from the oldest, have no rows any more. */
  let bare = 0;

  const endTick = (): void => {
    const ended = tick;
    tick = startTick();
    const { rows, ...rest } = ended.end(now());
    keep(rest, rows, ended.verdicts());
    const wakes = [...waiting];
    waiting.clear();
    for (const wake of wakes) wake();
  };

  const keep = (rest: Omit<Tick, 'rows'>, rows: readonly Row[], verdicts: number): void => {
    const start = JSON.stringify(rest).slice(0, -1);
    const entry = {
      from: newest,
      upTo: newest + verdicts,
      at: rest.at,
      start,
      rows: JSON.stringify(rows),
      rowCount: rows.length,
    };
    kept.push(entry);
    newest = entry.upTo;
    chars += start.length + entry.rows.length;
    rowCount += rows.length;
    while (rowCount > bounds.maxRows && bare < kept.length - 1) bareOldest();
    while (kept.length > 1 && (chars > bounds.maxChars || isOld(kept[0], rest.at))) dropOldest();
  };

  const isOld = (entry: Kept | undefined, at: number): boolean =>
    entry !== undefined && entry.at < at - bounds.keptMs;

  const bareOldest = (): void => {
    const entry = kept[bare++];
    if (entry === undefined) return;
    rowCount -= entry.rowCount;
    chars -= entry.rows.length;
    entry.rows = '[]';
    entry.rowCount = 0;
    chars += entry.rows.length;
  };

  const dropOldest = (): void => {
    const entry = kept.shift();
    if (entry === undefined) return;
    rowCount -= entry.rowCount;
    chars -= entry.start.length + entry.rows.length;
    if (bare > 0) bare--;
  };

  return {
    observe: (event) => {
      if (tick.verdicts() === 0) setTimeout(endTick, bounds.tickMs).unref();
      tick.add(event);
    },
    after: (upTo) => {
      const first = kept.findIndex((entry) => entry.upTo > upTo);
      if (first < 0) return { lost: 0, ticks: [] };
      const ticks = kept.slice(first, first + MAX_TICKS_AT_ONCE);
      return {
        lost: Math.max(0, (ticks[0]?.from ?? 0) - upTo),
        ticks: ticks.map((entry) => ({
          upTo: entry.upTo,
          json: () => `${entry.start},"rows":${entry.rows}}`,
        })),
      };
    },
    range: () => ({ oldest: kept[0]?.from ?? 0, newest }),
    onceMore: (wake) => {
      waiting.add(wake);
      return () => waiting.delete(wake);
    },
  };
}
