import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFeed, FEED_BOUNDS, type Feed } from '../src/feed.js';
import type { Tick } from '../src/wire.js';
import { counted } from './support/event-stream.js';
import { stranger, verdict } from './support/verdicts.js';

afterEach(() => vi.useRealTimers());

function allAfter(feed: Feed, upTo: number): { lost: number; ticks: Tick[] } {
  let lost = 0;
  const ticks: Tick[] = [];
  for (let next = feed.after(upTo); next.ticks.length > 0; next = feed.after(upTo)) {
    lost += next.lost;
    for (const tick of next.ticks) {
      ticks.push(JSON.parse(tick.json()));
      upTo = tick.upTo;
    }
  }
  return { lost, ticks };
}

/** A feed whose ticks end when told. */
function steppedFeed(bounds = {}): { feed: Feed; endTick: (ms?: number) => void } {
  vi.useFakeTimers();
  return {
    feed: createFeed(Date.now, { ...FEED_BOUNDS, ...bounds }),
    endTick: (ms = FEED_BOUNDS.tickMs) => {
      vi.advanceTimersByTime(ms);
    },
  };
}

describe('the feed', () => {
  it('accounts for every verdict, wherever a page begins: counted, or told as lost', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(sizes, fc.nat(600), fc.integer({ min: 300, max: 5000 }), (ticks, begin, maxChars) => {
        const { feed, endTick } = steppedFeed({ maxChars });
        for (const size of ticks) {
          for (let i = 0; i < size; i++)
            feed.observe(i % 3 === 0 ? stranger() : verdict({ owner: `o${i % 5}` }));
          endTick();
        }
        const total = ticks.reduce((sum, size) => sum + size, 0);
        const ends = ticks.map((_, i) => ticks.slice(0, i + 1).reduce((sum, size) => sum + size, 0));
        const from = [0, ...ends].filter((end) => end <= begin).at(-1) ?? 0;
        const { lost, ticks: seen } = allAfter(feed, from);
        expect(feed.range().newest).toBe(total);
        expect(counted(seen) + lost).toBe(total - from);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps no more than its bounds, and forgets what is old', () => {
    const { feed, endTick } = steppedFeed({ maxRows: 20, keptMs: 5_000 });
    for (let i = 0; i < 100; i++) {
      for (const code of ['admitted', 'replayed-nonce', 'rate-limited'] as const)
        feed.observe(verdict({ code }));
      endTick();
    }
    const { ticks } = allAfter(feed, feed.range().oldest);
    expect(ticks.flatMap(({ rows }) => rows).length).toBeLessThanOrEqual(20);
    expect(ticks.at(-1)?.rows.length).toBe(3);
    expect((ticks.at(-1)?.at ?? 0) - (ticks[0]?.at ?? 0)).toBeLessThanOrEqual(5_000);
    expect(feed.range().oldest).toBeGreaterThan(200);
  });

  it('is not moved by a flood: ticks, rows, owners and budgets have a cap, and counts are exact', () => {
    const { feed, endTick } = steppedFeed();
    const long = 'x'.repeat(16_000);
    for (let i = 0; i < 50_000; i++) {
      feed.observe(
        verdict({
          code: i % 2 === 0 ? 'admitted' : 'rate-limited',
          owner: `owner-${i}`,
          target: `/${i}/${long}?${long}=${long}`,
          keyId: long,
          scope: long,
          reason: long,
          address: long,
          budgets: [{ policy: `orders:${i} 1/1s`, limit: 1, windowMs: 1000, remaining: 0, resetMs: 1 }],
        }),
      );
    }
    endTick();
    const [tick] = feed.after(0).ticks;
    const { rows, counts, levels } = JSON.parse(tick?.json() ?? '');
    expect(tick?.json().length).toBeLessThan(32_000);
    expect(rows.length).toBe(12);
    expect(new Set(counts.map(([, , owner]: string[]) => owner)).size).toBeLessThanOrEqual(33);
    expect(levels.length).toBe(128);
    expect(counted(allAfter(feed, 0).ticks)).toBe(50_000);
  });

  it('does not let a flood of one kind hide the single verdict of another', () => {
    const { feed, endTick } = steppedFeed();
    for (let i = 0; i < 5_000; i++) feed.observe(stranger());
    feed.observe(verdict({ code: 'replayed-nonce', target: '/the-one' }));
    endTick();
    expect(allAfter(feed, 0).ticks[0]?.rows.map(({ target }) => target)).toContain('/the-one');
  });

  it('takes names of owners and scopes for what they are', () => {
    const { feed, endTick } = steppedFeed();
    for (const owner of ['__proto__', 'constructor', '<b>']) feed.observe(verdict({ owner }));
    endTick();
    expect(allAfter(feed, 0).ticks[0]?.counts).toEqual([
      ['admitted', 1, '__proto__'],
      ['admitted', 1, 'constructor'],
      ['admitted', 1, '<b>'],
    ]);
  });

  it('shows the budgets of owners, and none of the addresses that strangers come from', () => {
    const { feed, endTick } = steppedFeed();
    const level = { policy: '* 10/60s', limit: 10, windowMs: 60_000, remaining: 4, resetMs: 1 };
    feed.observe(stranger({ code: 'too-many-failures', budgets: [level] }));
    feed.observe(verdict({ budgets: [level] }));
    feed.observe(verdict({ code: 'rate-limited', budgets: [{ ...level, remaining: 0, violated: true }] }));
    endTick();
    expect(allAfter(feed, 0).ticks[0]?.levels).toEqual([
      { owner: 'acme', policy: '* 10/60s', limit: 10, windowMs: 60_000, remaining: 0, violated: true },
    ]);
  });
});
