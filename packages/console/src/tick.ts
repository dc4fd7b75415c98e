/**
 * A tick in the making: counts every verdict, and keeps as much of them as a page can show. Adding a verdict takes
 * constant time, and a tick's size has a cap that no flood moves.
 */
import type { VerdictEvent } from '@countersign/server';
import { redact } from './redact.js';
import { rowOf } from './row.js';
import type { Count, Level, Row, Tick, VerdictCode } from './wire.js';

/** Rows of one code in one tick, so that a flood of one kind does not hide the single verdict of another. */
const MAX_ROWS_PER_CODE = 6;
const MAX_OWNERS = 32;
const MAX_LEVELS = 128;

interface TickInTheMaking {
  readonly add: (event: VerdictEvent) => void;
  readonly verdicts: () => number;
  readonly end: (at: number) => Tick;
}

export function startTick(): TickInTheMaking {
  const byOwner = new Map<string | undefined, Map<VerdictCode, number>>();
  const byCode = new Map<VerdictCode, number>();
  const levels = new Map<string, Level>();
  const rows: Row[] = [];
  let verdicts = 0;

  const count = (codes: Map<VerdictCode, number>, code: VerdictCode): number => {
    const n = (codes.get(code) ?? 0) + 1;
    codes.set(code, n);
    return n;
  };

  /** The counts of an owner; those beyond the cap are counted with nobody's. */
  const codesOf = (owner: string | undefined): Map<VerdictCode, number> => {
    const known = byOwner.get(owner);
    if (known !== undefined) return known;
    const kept = owner === undefined || byOwner.size < MAX_OWNERS ? owner : undefined;
    const codes = byOwner.get(kept) ?? new Map<VerdictCode, number>();
    byOwner.set(kept, codes);
    return codes;
  };

  const addLevels = (owner: string, event: VerdictEvent): void => {
    for (const { policy, limit, windowMs, remaining, violated } of event.budgets ?? []) {
      const name = `${owner}\n${policy}`;
      if (!levels.has(name) && levels.size >= MAX_LEVELS) continue;
      const level = { owner, policy: redact(policy), limit, windowMs, remaining };
      levels.set(name, violated ? { ...level, violated } : level);
    }
  };

  return {
    add: (event) => {
      verdicts++;
      const owner = event.owner === undefined ? undefined : redact(event.owner);
      count(codesOf(owner), event.code);
      // Without an owner, a level is that of a stranger's address (spec 6), and no budget of anybody's.
      if (owner !== undefined) addLevels(owner, event);
      if (count(byCode, event.code) <= MAX_ROWS_PER_CODE) rows.push(rowOf(event));
    },
    verdicts: () => verdicts,
    end: (at) => {
      const counts: Count[] = [];
      for (const [owner, codes] of byOwner) {
        for (const [code, n] of codes) counts.push(owner === undefined ? [code, n] : [code, n, owner]);
      }
      return { at, counts, levels: [...levels.values()], rows };
    },
  };
}
