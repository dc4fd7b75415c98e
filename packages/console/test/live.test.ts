import { REFUSALS, type RefusalCode } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import { colourOf, openLive, painted, soon } from './support/live-page.js';
import { stranger, verdict } from './support/verdicts.js';

const CODES = ['admitted', ...Object.keys(REFUSALS)] as (RefusalCode | 'admitted')[];
const CLASS_IDS = [
  'admitted',
  'replayed',
  'tampered',
  'limited',
  'stale',
  'forbidden',
  'malformed',
  'unavailable',
];

describe('the Live page', () => {
  it('shows each verdict as it happens, by a sign, a word and a colour of its class', async () => {
    const live = await openLive();
    for (const code of CODES) live.onVerdict(verdict({ code, reason: `why ${code}` }));
    await soon(live.rows).toBe(CODES.length);
    const shown = await live.page.$$eval('#rows > li', (rows) =>
      rows.map((row) => ({
        code: row.querySelector('.verdict span')?.textContent,
        sign: row.querySelector('.sign use')?.getAttribute('href'),
        ofClass: row.getAttribute('data-class'),
      })),
    );
    expect(shown.map(({ code }) => code)).toEqual(CODES.toReversed());
    expect(shown.every(({ sign, ofClass }) => sign === `#${ofClass}`)).toBe(true);
    const counts = await Promise.all(CLASS_IDS.map(live.count));
    expect(counts).toEqual([1, 1, 2, 2, 2, 3, 7, 2]);
    const colours = await Promise.all(CLASS_IDS.map((id) => colourOf(live, id)));
    const signs = await live.page.$$eval('symbol', (symbols) => symbols.map((symbol) => symbol.innerHTML));
    expect([new Set(colours).size, new Set(signs).size]).toEqual([8, 8]);
    live.expectClean();
  });

  it('shows what was before it opened', async () => {
    const live = await openLive({}, {}, async ({ onVerdict }) => {
      for (let i = 0; i < 5; i++) onVerdict(verdict());
      onVerdict(verdict({ code: 'replayed-nonce' }));
      await new Promise((resolve) => setTimeout(resolve, 400));
    });
    await soon(live.rows).toBe(6);
    expect([await live.count('admitted'), await live.count('replayed')]).toEqual([5, 1]);
    live.expectClean();
  });

  it('fills its plots: the sum of the classes, and each class in its own lane', async () => {
    const live = await openLive();
    const colours = await Promise.all(CLASS_IDS.map((id) => colourOf(live, id)));
    const of = async (selector: string, index: number): Promise<number> =>
      (await painted(live, selector))[0]?.[colours[index] ?? ''] ?? 0;
    expect([await of('#rate', 0), await of('#lane-plot', 0)]).toEqual([0, 0]);
    for (let i = 0; i < 40; i++) for (const code of CODES) live.onVerdict(verdict({ code }));
    await soon(() => of('#rate', 0)).toBeGreaterThan(10);
    for (const index of CLASS_IDS.keys()) {
      expect([CLASS_IDS[index], (await of('#rate', index)) > 0]).toEqual([CLASS_IDS[index], true]);
      expect([CLASS_IDS[index], (await of('#lane-plot', index)) > 5]).toEqual([CLASS_IDS[index], true]);
    }
    // The plot moves: seconds later, what is drawn stands further to the left.
    const leftmost = (): Promise<number> =>
      live.page.$eval('#lane-plot canvas', (canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const { data } = (canvas as HTMLCanvasElement)
          .getContext('2d')
          ?.getImageData(0, 0, width, height) ?? { data: [] };
        for (let x = 0; x < width; x++)
          for (let y = 0; y < height; y++) if ((data[(y * width + x) * 4 + 3] ?? 0) > 250) return x;
        return width;
      });
    const before = await leftmost();
    await soon(leftmost).toBeLessThan(before);
    live.expectClean();
  });

  it('says what goes on in figures and in a sentence that is not spoken for every verdict', async () => {
    const live = await openLive();
    const sentence = live.page.locator('#sentence');
    expect(await sentence.getAttribute('role')).toBe('status');
    await live.page.evaluate(() => {
      const spoken: string[] = [];
      Object.assign(window, { spoken });
      new MutationObserver(([change]) => spoken.push(change?.target.textContent ?? '')).observe(
        document.querySelector('#sentence') as Node,
        { childList: true, characterData: true, subtree: true },
      );
    });
    const until = Date.now() + 3_500;
    while (Date.now() < until) {
      live.onVerdict(verdict());
      live.onVerdict(verdict({ code: 'replayed-nonce' }));
      for (let i = 0; i < 5; i++) live.onVerdict(verdict({ code: 'rate-limited' }));
      await live.page.waitForTimeout(50);
    }
    expect(await sentence.textContent()).toMatch(/replays/);
    expect(
      await live.page.evaluate(() => (window as unknown as { spoken: string[] }).spoken.length),
    ).toBeLessThanOrEqual(2);
    const replays = live.page.locator('[data-figure="replayed"]');
    expect(await replays.getAttribute('class')).toContain('now');
    expect(Number(await replays.locator('.big').textContent())).toBeGreaterThan(20);
    await soon(() => sentence.textContent()).toMatch(/replays and a flood over its budget/);
    live.expectClean();
  });

  it('can be filtered by class and by owner, in the list and in the plots', async () => {
    const live = await openLive();
    for (const owner of ['acme', 'globex']) {
      live.onVerdict(verdict({ owner }));
      live.onVerdict(verdict({ owner, code: 'replayed-nonce' }));
    }
    live.onVerdict(stranger());
    await soon(live.rows).toBe(5);
    const lane = live.page.locator('.lane[data-class="admitted"]');
    await lane.click();
    expect(await lane.getAttribute('aria-pressed')).toBe('false');
    await soon(live.rows).toBe(3);
    const colour = await colourOf(live, 'admitted');
    expect((await painted(live, '#rate'))[0]?.[colour] ?? 0).toBe(0);
    live.onVerdict(verdict());
    live.onVerdict(verdict({ code: 'stale-timestamp' }));
    await soon(live.rows).toBe(4);
    await live.page.selectOption('#owner-filter', { label: 'globex' });
    await soon(live.rows).toBe(1);
    expect([await live.count('replayed'), await live.count('stale')]).toEqual([1, 0]);
    await live.page.selectOption('#owner-filter', { label: 'no proved key' });
    await soon(live.rows).toBe(1);
    expect(await live.page.locator('#rows > li').getAttribute('data-code')).toBe('invalid-signature');
    await live.page.click('#show-all');
    await soon(live.rows).toBe(7);
    expect(await lane.getAttribute('aria-pressed')).toBe('true');
    expect(await live.page.isHidden('#show-all')).toBe(true);
    live.expectClean();
  });

  it('stands still when it is told to, says how much came, and then shows it', async () => {
    const live = await openLive();
    live.onVerdict(verdict());
    await soon(live.rows).toBe(1);
    await live.page.click('#pause');
    for (let i = 0; i < 5; i++) live.onVerdict(verdict({ code: 'invalid-signature' }));
    await soon(() => live.page.textContent('#state')).toBe('Paused, 5 more came');
    expect([await live.rows(), await live.count('tampered')]).toEqual([1, 0]);
    expect(await live.page.getAttribute('#pause', 'aria-pressed')).toBe('true');
    // Filters work on what is shown.
    await live.page.click('.lane[data-class="admitted"]');
    await soon(live.rows).toBe(0);
    await live.page.click('#show-all');
    await soon(live.rows).toBe(1);
    await live.page.click('#pause');
    await soon(live.rows).toBe(6);
    await soon(() => live.count('tampered')).toBe(5);
    expect(await live.page.textContent('#state')).toBe('Live');
    live.expectClean();
  });
});
