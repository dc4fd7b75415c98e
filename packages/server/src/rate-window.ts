/**
 * A strict sliding window: at most `limit` units in any half-open `windowMs`, wherever it starts (law L7). A log of
 * when units come back, in bounded state: exact up to a limit of 128, in slices that err on the strict side above.
 * It knows no clock and no names; times are monotonic milliseconds given by the caller.
 */

/** One budget's log. Read and written by the functions of this module only. */
export interface RateWindow {
  readonly limit: number;
  readonly windowMs: number;
  /** Units in use. */
  used: number;
  /** A ring of pairs, when units come back and how many, oldest first. Its length is a power of two. */
  log: Float64Array;
  first: number;
  entries: number;
}

/** Up to this limit each admission has an entry of its own. */
const EXACT_LIMIT = 128;
/** Above it, admissions in the same slice share an entry, and all come back when the youngest of them could. */
const SLICES = 64;
const FIRST_CAPACITY = 4;

/** @param limit units, a positive integer @param windowMs a positive integer */
export function createRateWindow(limit: number, windowMs: number): RateWindow {
  return { limit, windowMs, used: 0, log: new Float64Array(2 * FIRST_CAPACITY), first: 0, entries: 0 };
}

/**
 * How long until `cost` units are free, in whole milliseconds: 0 when they are now; exact when nobody else charges
 * meanwhile; `undefined` when the cost is above the limit.
 */
export function waitMs(window: RateWindow, cost: number, atMs: number): number | undefined {
  if (cost > window.limit) return undefined;
  dropExpired(window, atMs);
  let lacking = window.used + cost - window.limit;
  let untilMs = atMs;
  for (let entry = 0; lacking > 0; entry++) {
    lacking -= unitsOf(window, entry);
    untilMs = expiryOf(window, entry);
  }
  return Math.ceil(untilMs - atMs);
}

/** Takes `cost` units. The caller has found `waitMs` to be 0 at this time. */
export function charge(window: RateWindow, cost: number, atMs: number): void {
  dropExpired(window, atMs);
  const newestMs = idleAtMs(window);
  const expiresAtMs = Math.max(expiryFor(window, atMs), newestMs);
  if (expiresAtMs !== newestMs) append(window, expiresAtMs);
  const units = position(window, window.entries - 1) + 1;
  window.log[units] = (window.log[units] as number) + cost;
  window.used += cost;
}

/** Units that are free. */
export function remaining(window: RateWindow, atMs: number): number {
  dropExpired(window, atMs);
  return window.limit - window.used;
}

/** Until the next units come back, in whole milliseconds; 0 when none are in use. */
export function resetMs(window: RateWindow, atMs: number): number {
  dropExpired(window, atMs);
  return window.entries === 0 ? 0 : Math.ceil(expiryOf(window, 0) - atMs);
}

/** From when on nothing is in use, unless it is charged again; `-Infinity` when nothing is. */
export function idleAtMs(window: RateWindow): number {
  return window.entries === 0 ? Number.NEGATIVE_INFINITY : expiryOf(window, window.entries - 1);
}

function expiryFor({ limit, windowMs }: RateWindow, atMs: number): number {
  if (limit <= EXACT_LIMIT) return atMs + windowMs;
  const sliceMs = windowMs / SLICES;
  return (Math.floor(atMs / sliceMs) + 1) * sliceMs + windowMs;
}

function dropExpired(window: RateWindow, atMs: number): void {
  while (window.entries > 0 && expiryOf(window, 0) <= atMs) {
    window.used -= unitsOf(window, 0);
    window.first = (window.first + 1) & (window.log.length / 2 - 1);
    window.entries -= 1;
  }
}

/** Adds an entry without units, making room by doubling: 128 entries suffice for every limit. */
function append(window: RateWindow, expiresAtMs: number): void {
  const { log, entries } = window;
  if (entries * 2 === log.length) {
    const grown = new Float64Array(log.length * 2);
    const start = window.first * 2;
    grown.set(log.subarray(start));
    grown.set(log.subarray(0, start), log.length - start);
    window.log = grown;
    window.first = 0;
  }
  window.entries += 1;
  const at = position(window, entries);
  window.log[at] = expiresAtMs;
  window.log[at + 1] = 0;
}

function position({ first, log }: RateWindow, entry: number): number {
  return ((first + entry) * 2) & (log.length - 1);
}

function expiryOf(window: RateWindow, entry: number): number {
  return window.log[position(window, entry)] as number;
}

function unitsOf(window: RateWindow, entry: number): number {
  return window.log[position(window, entry) + 1] as number;
}
