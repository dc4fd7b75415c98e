import type { BudgetLevel } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import { openLive, painted, soon } from './support/live-page.js';
import { verdict } from './support/verdicts.js';

function level(policy: string, used: number, over: Partial<BudgetLevel> = {}): BudgetLevel {
  const [, limit = '1', seconds = '1'] = /(\d+)\/(\d+)s$/.exec(policy) ?? [];
  const windowMs = Number(seconds) * 1000;
  return {
    policy,
    limit: Number(limit),
    windowMs,
    remaining: Number(limit) - used,
    resetMs: windowMs,
    ...over,
  };
}

describe('the budgets on the Live page', () => {
  it('are a tree of scopes for each owner, with a gauge, numbers and a plot for each', async () => {
    const live = await openLive();
    live.onVerdict(
      verdict({
        budgets: [
          level('orders:write:tenant-1 10/60s', 4),
          level('orders:write 60/60s', 30),
          level('orders:write 5/20s', 1),
          level('orders 300/60s', 100),
          level('* 1000/3600s', 250),
        ],
      }),
    );
    live.onVerdict(verdict({ owner: 'globex', budgets: [level('* 1000/60s', 1)] }));
    await soon(() => live.page.locator('.owner').count()).toBe(2);
    const gauges = await live.page.$$eval('.owner[data-owner="acme"] meter', (meters) =>
      meters.map((meter) => ({
        name: meter.getAttribute('aria-label'),
        value: (meter as HTMLMeterElement).value,
        max: (meter as HTMLMeterElement).max,
        text: meter.closest('.budget')?.querySelector('.level')?.textContent,
        depth: ((): number => {
          let depth = 0;
          for (
            let up = meter.closest('li')?.parentElement?.closest('li');
            up;
            up = up.parentElement?.closest('li')
          )
            depth++;
          return depth;
        })(),
      })),
    );
    expect(gauges).toEqual([
      { name: '*, 1,000 per hour', value: 250, max: 1000, text: '250 of 1,000 per hour', depth: 0 },
      { name: 'orders, 300 per minute', value: 100, max: 300, text: '100 of 300 per minute', depth: 1 },
      { name: 'orders:write, 60 per minute', value: 30, max: 60, text: '30 of 60 per minute', depth: 2 },
      { name: 'orders:write, 5 per 20 s', value: 1, max: 5, text: '1 of 5 per 20 s', depth: 2 },
      {
        name: 'orders:write:tenant-1, 10 per minute',
        value: 4,
        max: 10,
        text: '4 of 10 per minute',
        depth: 3,
      },
    ]);
    const sparks = await painted(live, '.owner[data-owner="acme"] .spark');
    expect(sparks).toHaveLength(5);
    live.expectClean();
  });

  it('rise with each verdict, are marked when spent, and fall when their window is over', async () => {
    const live = await openLive();
    const gauge = live.page.locator('.owner meter');
    live.onVerdict(verdict({ budgets: [level('orders 10/4s', 9)] }));
    await soon(() => gauge.getAttribute('value')).toBe('9');
    expect(await live.page.isHidden('.spent')).toBe(true);
    live.onVerdict(
      verdict({ code: 'rate-limited', budgets: [level('orders 10/4s', 10, { violated: true })] }),
    );
    await soon(() => gauge.getAttribute('value')).toBe('10');
    expect(await live.page.isVisible('.spent')).toBe(true);
    const ink = async (): Promise<number> =>
      Object.values((await painted(live, '.spark'))[0] ?? {}).reduce((sum, n) => sum + n, 0);
    await soon(ink).toBeGreaterThan(5);
    await soon(() => gauge.getAttribute('value')).toBe('0');
    live.expectClean();
  });

  it('have a bound: owners and scopes without end are not shown without end', async () => {
    const live = await openLive();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 300; i++) {
        live.onVerdict(verdict({ owner: `owner-${i}`, budgets: [level('* 10/60s', 1)] }));
        live.onVerdict(verdict({ owner: 'owner-0', budgets: [level(`orders:${round}-${i} 10/60s`, 1)] }));
      }
      await live.page.waitForTimeout(400);
    }
    await soon(() => live.page.textContent('#owners-note')).toMatch(/more owners/);
    expect(await live.page.locator('.owner').count()).toBe(12);
    expect(await live.page.locator('.owner[data-owner="owner-0"] meter').count()).toBe(16);
    expect(await live.page.locator('.owner[data-owner="owner-0"] .note').textContent()).toMatch(
      /More budgets/,
    );
    expect(await live.page.locator('#owner-filter option').count()).toBe(14);
    live.expectClean();
  });

  it('can be folded and unfolded, owner by owner', async () => {
    const live = await openLive();
    live.onVerdict(verdict({ budgets: [level('* 10/60s', 1)] }));
    const gauge = live.page.locator('.owner meter');
    await gauge.waitFor();
    await live.page.click('.owner summary');
    expect(await gauge.isVisible()).toBe(false);
    live.onVerdict(verdict({ budgets: [level('* 10/60s', 7)] }));
    await live.page.waitForTimeout(800);
    await live.page.click('.owner summary');
    await soon(() => gauge.getAttribute('value')).toBe('7');
    live.expectClean();
  });
});
