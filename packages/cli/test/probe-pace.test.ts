/** The bound of a probe's rate. */
import { describe, expect, it } from 'vitest';
import { createPace } from '../src/probe/pace.js';

describe('the pace of a probe', () => {
  it('keeps the rate over any run of single requests and bursts', async () => {
    let nowMs = 1_000;
    const sentMs: number[] = [];
    const wait = async (waitMs: number): Promise<void> => {
      nowMs += waitMs;
    };
    const pace = createPace(20, wait, () => nowMs);
    for (const burst of [1, 1, 1, 30, 1, 5, 1]) {
      await pace.take(burst);
      for (let i = 0; i < burst; i++) sentMs.push(nowMs);
    }
    expect(sentMs.slice(0, 4)).toEqual([1_000, 1_050, 1_100, 1_150]);
    // A burst goes at once, and what comes behind it waits until it is paid for.
    expect(sentMs[32]).toBe(1_150);
    expect(sentMs[33]).toBe(1_150 + 30 * 50);
    expect(sentMs.at(-1)).toBe(1_000 + 39 * 50);
  });

  it('saves nothing up while nothing is sent', async () => {
    let nowMs = 0;
    const pace = createPace(
      10,
      async (waitMs) => {
        nowMs += waitMs;
      },
      () => nowMs,
    );
    await pace.take(1);
    nowMs += 60_000;
    await pace.take(1);
    await pace.take(1);
    expect(nowMs).toBe(60_100);
  });

  it('does not wait where there is no bound', async () => {
    const pace = createPace(undefined, () => Promise.reject(new Error('waited')));
    await pace.take(1_000);
    await pace.take(1_000);
  });
});
