import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BudgetTable, createBudgetTable } from '../../src/memory/budget-table.js';
import type { AdmissionResult, Charge } from '../../src/store.js';

const policy = (name: string | number, limit = 2, windowMs = 1_000, cost = 1): Charge => ({
  policy: `${name}`,
  limit,
  windowMs,
  cost,
});

type Limited = AdmissionResult & { outcome: 'limited' };

/** Takes the charges if nothing stands against them. */
function attempt(
  table: BudgetTable,
  charges: readonly Charge[],
  atMs: number,
  owner = 'o',
): Limited | undefined {
  const refusal = table.refusal(owner, charges, atMs);
  if (refusal === undefined) table.take(owner, charges, atMs);
  return refusal;
}

describe('the budget table', () => {
  it('tells what each budget has left, in the order of the charges', () => {
    const table = createBudgetTable(10);
    expect(table.take('o', [policy('b', 5, 1_000, 2), policy('a', 3, 500)], 100)).toEqual([
      { policy: 'b', limit: 5, windowMs: 1_000, remaining: 3, resetMs: 1_000 },
      { policy: 'a', limit: 3, windowMs: 500, remaining: 2, resetMs: 500 },
    ]);
    expect(table.take('o', [], 100)).toEqual([]);
  });

  it('L6 takes a set of charges whole or not at all', () => {
    const table = createBudgetTable(10);
    attempt(table, [policy('a', 1)], 0);
    expect(attempt(table, [policy('b'), policy('a', 1), policy('c')], 10)).toEqual({
      outcome: 'limited',
      retryAfterMs: 990,
      levels: [
        { policy: 'b', limit: 2, windowMs: 1_000, remaining: 2, resetMs: 0 },
        { policy: 'a', limit: 1, windowMs: 1_000, remaining: 0, resetMs: 990, violated: true },
        { policy: 'c', limit: 2, windowMs: 1_000, remaining: 2, resetMs: 0 },
      ],
    });
    expect(table.take('o', [policy('b', 2, 1_000, 2)], 10)[0]?.remaining).toBe(0);
  });

  it('L8 asks for the longest of the waits, and for none where one of them has no end', () => {
    const table = createBudgetTable(10);
    attempt(table, [policy('a', 1, 400), policy('b', 1, 900)], 0);
    expect(attempt(table, [policy('a', 1, 400), policy('b', 1, 900)], 100)?.retryAfterMs).toBe(800);
    const refusal = attempt(table, [policy('a', 1, 400), policy('new', 3, 900, 4)], 100);
    expect(refusal).not.toHaveProperty('retryAfterMs');
    expect(refusal?.levels.map(({ violated }) => violated)).toEqual([true, true]);
  });

  it('a full budget table refuses new budgets of that owner; it never evicts a live one', () => {
    const table = createBudgetTable(3);
    for (const [name, windowMs] of Object.entries({ a: 700, b: 500, c: 900 })) {
      expect(attempt(table, [policy(name, 2, windowMs)], 0)).toBeUndefined();
    }
    // b is used again, so a falls idle first.
    attempt(table, [policy('b', 2, 500)], 400);
    const refusal = attempt(table, [policy('a', 2, 700), policy('d')], 450);
    expect(refusal).toMatchObject({
      retryAfterMs: 450,
      levels: [{ remaining: 1 }, { policy: 'd', remaining: 0 }],
    });
    expect(attempt(table, [policy('d')], 699)).toMatchObject({
      retryAfterMs: 1,
      levels: [{ policy: 'd', remaining: 0, resetMs: 1, violated: true }],
    });
    expect(attempt(table, [policy('b', 2, 500), policy('c', 2, 900)], 600)).toBeUndefined();
    expect(attempt(table, [policy('d')], 100, 'another owner')).toBeUndefined();
    expect(table.size()).toEqual({ owners: 2, budgets: 4 });
    expect(attempt(table, [policy('d')], 700)).toBeUndefined();
    expect(table.size()).toEqual({ owners: 2, budgets: 4 });
    // The others kept their counts.
    expect(attempt(table, [policy('c', 2, 900)], 700)?.retryAfterMs).toBe(200);
  });

  it('waits for as many places as there are new budgets, and for none that it has', () => {
    const table = createBudgetTable(4);
    for (const [name, windowMs] of Object.entries({ a: 100, b: 200, c: 300, d: 400 })) {
      expect(attempt(table, [policy(name, 5, windowMs)], 0)).toBeUndefined();
    }
    const [a, b, x, y] = [policy('a', 5, 100), policy('b', 5, 200), policy('x'), policy('y')];
    expect(attempt(table, [x], 10)?.retryAfterMs).toBe(90);
    expect(attempt(table, [a, x], 10)?.retryAfterMs).toBe(190);
    expect(attempt(table, [x, y], 10)?.retryAfterMs).toBe(190);
    expect(attempt(table, [a, b, x], 10)?.retryAfterMs).toBe(290);
    expect(attempt(table, [a, x, y], 10)?.retryAfterMs).toBe(290);
    expect(table.size().budgets).toBe(4);
    // Who waited as long as that is let in, and no more budgets go than have to.
    expect(attempt(table, [x, y], 200)).toBeUndefined();
    expect(table.size().budgets).toBe(4);
    expect(attempt(table, [policy('c', 5, 300, 5)], 200)?.retryAfterMs).toBe(100);
  });

  it('tells of a budget that is there what it has left itself, also where there is no place for another', () => {
    const table = createBudgetTable(2);
    for (const name of ['a', 'b']) attempt(table, [policy(name, 5, 900, 4)], 0);
    expect(attempt(table, [policy('a', 5, 900, 2), policy('new', 5, 900)], 100)).toEqual({
      outcome: 'limited',
      retryAfterMs: 800,
      levels: [
        { policy: 'a', limit: 5, windowMs: 900, remaining: 1, resetMs: 800, violated: true },
        { policy: 'new', limit: 5, windowMs: 900, remaining: 0, resetMs: 800, violated: true },
      ],
    });
  });

  it('keeps nothing of an owner without limits', () => {
    const table = createBudgetTable(2);
    for (let id = 0; id < 10; id++) expect(attempt(table, [], 0, `owner-${id}`)).toBeUndefined();
    expect(table.size()).toEqual({ owners: 0, budgets: 0 });
  });

  it('does a little at each sweep: four budgets of two owners, and what is idle alone', () => {
    for (const owners of [1, 2, 5, 7]) {
      const table = createBudgetTable(100);
      for (let id = 0; id < 10 * owners; id++) attempt(table, [policy(id)], 0, `owner-${id % owners}`);
      for (let id = 0; id < owners; id++) attempt(table, [policy('late')], 500, `owner-${id}`);
      table.sweep(999);
      expect(table.size()).toEqual({ owners, budgets: 11 * owners });
      // Past the end of the first round.
      for (let visit = 0; visit < 3 && table.size().budgets === 11 * owners; visit++) table.sweep(1_000);
      expect(table.size()).toEqual({ owners, budgets: 11 * owners - 4 * Math.min(owners, 2) });
      for (let visit = 0; visit < 20 * owners; visit++) table.sweep(1_499);
      expect(table.size()).toEqual({ owners, budgets: owners });
    }
  });

  it('asks for no time where the charges alone are more than the table holds', () => {
    const table = createBudgetTable(2);
    const refusal = attempt(table, [policy('a'), policy('b'), policy('c')], 0);
    expect(refusal).not.toHaveProperty('retryAfterMs');
    expect(refusal?.levels.every(({ violated }) => violated)).toBe(true);
  });

  it('L8 is exact for every mixture of charges, full tables included', () => {
    const one = fc.record({
      id: fc.integer({ min: 0, max: 7 }),
      cost: fc.integer({ min: 1, max: 2 }),
    });
    const step = fc.record({
      charges: fc.uniqueArray(one, { minLength: 1, maxLength: 3, selector: ({ id }) => id }),
      gapMs: fc.constantFrom(0, 1, 30, 100),
    });
    let tried = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 3, max: 6 }), (steps, maxBudgets) => {
        tried += 1;
        const table = createBudgetTable(maxBudgets);
        let atMs = 0;
        for (const { charges, gapMs } of steps) {
          atMs += gapMs;
          const due = charges.map(({ id, cost }) => policy(id, 2 + (id % 3), 100 + 37 * id, cost));
          const refusal = attempt(table, due, atMs);
          if (refusal === undefined) continue;
          refused += 1;
          const wait = refusal.retryAfterMs ?? Number.NaN;
          expect(wait).toBeGreaterThan(0);
          expect(table.refusal('o', due, atMs + wait - 1)?.retryAfterMs).toBe(1);
          expect(attempt(table, due, atMs + wait)).toBeUndefined();
          atMs += wait;
        }
      }),
      { numRuns: 1000 },
    );
    expect(refused / tried).toBeGreaterThan(1);
  });

  it('L9 forgets idle budgets and owners while others are served', () => {
    const table = createBudgetTable(10_000);
    for (let id = 0; id < 10_000; id++) attempt(table, [policy(id)], 0, `owner-${id % 100}`);
    for (let visit = 0; visit < 3_000; visit++) table.sweep(999);
    expect(table.size()).toEqual({ owners: 100, budgets: 10_000 });
    for (let visit = 0; visit < 3_000; visit++) table.sweep(1_000);
    expect(table.size()).toEqual({ owners: 0, budgets: 0 });
  });
});
