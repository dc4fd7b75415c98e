import { describe, expect, it } from 'vitest';
import {
  acceptanceWindow,
  judgeFreshness,
  requireSameTolerance,
  staleSinceMs,
} from '../src/acceptance-window.js';
import { createClock } from '../src/clock.js';

const T = 1_763_750_000_000;

describe('the clock', () => {
  it('has seen no step while both clocks run together', () => {
    let ms = 0;
    const clock = createClock(
      () => T + ms,
      () => ms,
    );
    for (ms = 0; ms < 100_000; ms += 777) clock.nowMs();
    expect(clock.steadySinceMs()).toBe(Number.NEGATIVE_INFINITY);
  });

  it.each([600_000, -600_000])('vouches for nothing before a step of %d ms', (step) => {
    let wall = T;
    let monotonic = 0;
    const clock = createClock(
      () => wall,
      () => monotonic,
    );
    clock.nowMs();
    wall += 1000 + step;
    monotonic += 1000;
    expect(clock.nowMs()).toBe(T + 1000 + step);
    expect(clock.steadySinceMs()).toBe(T + 1000 + step);
  });

  it('follows a shared clock no further than a reading of it proves', () => {
    let wall = T;
    const clock = createClock(
      () => wall,
      () => wall - T,
    );
    clock.follow(T - 60_000, 5);
    expect(clock.nowMs()).toBe(T - 60_000 + 5);
    expect(clock.steadySinceMs()).toBe(T - 60_000 + 5);
    wall += 100;
    clock.follow(T - 60_000 + 101, 10);
    expect(clock.nowMs()).toBe(T - 60_000 + 105);
    clock.follow(T - 60_000 + 120, 10);
    expect(clock.nowMs()).toBe(T - 60_000 + 120);
    expect(clock.steadySinceMs()).toBe(T - 60_000 + 5);
  });

  it('has seen a step as soon as a reading shows it, whether or not the time was asked for since', () => {
    let ms = 0;
    const clock = createClock(
      () => T + ms,
      () => ms,
    );
    clock.nowMs();
    ms = 5;
    clock.follow(T + 600_000, 1);
    expect(clock.steadySinceMs()).toBe(T + 600_000);
  });

  it('takes what moves it by a quarter of a second for a step, from the next millisecond on', () => {
    for (const [step, steadySinceMs] of [
      [250, Number.NEGATIVE_INFINITY],
      [251, T + 251],
      [-250, Number.NEGATIVE_INFINITY],
      [-251, T - 251],
    ] as const) {
      let wall = T;
      const clock = createClock(
        () => wall,
        () => 0,
      );
      wall += step;
      expect(clock.steadySinceMs()).toBe(steadySinceMs);
    }
  });

  it('vouches for nothing before it was told to distrust', () => {
    let ms = 0;
    const clock = createClock(
      () => T + ms,
      () => ms,
    );
    ms = 7;
    clock.distrustPast();
    ms = 9;
    expect(clock.steadySinceMs()).toBe(T + 7);
  });

  it('remembers what its monotonic side was when it was last asked for the time', () => {
    let ms = 3;
    const clock = createClock(
      () => T + ms,
      () => ms,
    );
    expect(clock.monotonicThenMs()).toBe(3);
    ms = 5;
    expect(clock.monotonicThenMs()).toBe(3);
    clock.nowMs();
    expect([clock.monotonicThenMs(), clock.monotonicMs()]).toEqual([5, 5]);
  });

  it('is that of the machine where none is given', () => {
    const [wallMs, monotonicMs] = [Date.now(), performance.now()];
    const clock = createClock();
    const [nowMs, thenMs] = [clock.nowMs(), clock.monotonicMs()];
    expect(nowMs - wallMs).toBeGreaterThanOrEqual(0);
    expect(nowMs).toBeLessThanOrEqual(Date.now());
    expect(thenMs).toBeGreaterThanOrEqual(monotonicMs);
    expect(thenMs).toBeLessThanOrEqual(performance.now());
  });

  it('never runs its monotonic side backwards where only a wall clock is given', () => {
    let wall = T;
    const clock = createClock(() => wall);
    const before = clock.monotonicMs();
    wall -= 5000;
    expect(clock.monotonicMs()).toBe(before);
    wall += 6000;
    expect(clock.monotonicMs()).toBe(before + 1000);
  });
});

describe('the acceptance window', () => {
  const clock = createClock(() => T);
  const window = acceptanceWindow(clock);

  it('has fresh edges', () => {
    expect(judgeFreshness(window, T - 300_000, T)).toBe('fresh');
    expect(judgeFreshness(window, T - 300_001, T)).toBe('stale');
    expect(judgeFreshness(window, T + 10_000, T)).toBe('fresh');
    expect(judgeFreshness(window, T + 10_001, T)).toBe('future');
  });

  it('dates the death of a stale signature by its age, and after a step no earlier than the step', () => {
    expect(staleSinceMs(window, T - 900_000, T)).toBe(T - 600_000);
    let wall = T;
    const stepped = acceptanceWindow(
      createClock(
        () => wall,
        () => 0,
      ),
    );
    wall += 900_000;
    stepped.clock.nowMs();
    expect(staleSinceMs(stepped, T, stepped.clock.nowMs())).toBe(T + 900_000);
    // Too little for a step: what is dead now did not die later.
    wall -= 200;
    expect(staleSinceMs(stepped, T, stepped.clock.nowMs())).toBe(T + 899_800);
  });

  it.each([
    { pastMs: -1 },
    { futureMs: -1 },
    { pastMs: 1.5 },
    { futureMs: Number.NaN },
    { pastMs: 86_400_001 },
    { futureMs: 86_400_001 },
  ])('refuses a tolerance of %j', (tolerance) => {
    expect(() => acceptanceWindow(clock, tolerance)).toThrow(RangeError);
    expect(() => acceptanceWindow(clock, tolerance)).toThrow(/^tolerance\./);
  });

  it('says which side of a tolerance is wrong, and what it may be', () => {
    expect(() => acceptanceWindow(clock, { futureMs: 0.5 })).toThrow(
      new RangeError('tolerance.futureMs: expected whole milliseconds from 0 to 86400000, got 0.5'),
    );
    expect(() => Reflect.apply(acceptanceWindow, undefined, [clock, 5])).toThrow(
      new TypeError('tolerance: expected an object, got 5'),
    );
  });

  it('may be a day wide on each side, or nothing', () => {
    for (const pastMs of [0, 86_400_000]) {
      expect(acceptanceWindow(clock, { pastMs, futureMs: pastMs })).toMatchObject({
        pastMs,
        futureMs: pastMs,
      });
    }
    expect(acceptanceWindow(clock, { pastMs: 5 })).toMatchObject({ pastMs: 5, futureMs: 10_000 });
  });

  it('is one for all verifiers that share a store', () => {
    expect(() => requireSameTolerance(window, acceptanceWindow(createClock()))).not.toThrow();
    for (const other of [{ pastMs: 1 }, { futureMs: 1 }, { pastMs: 1, futureMs: 1 }]) {
      expect(() => requireSameTolerance(window, acceptanceWindow(clock, other))).toThrow(
        new RangeError(
          'tolerance: the store serves another verifier with { pastMs: 300000, futureMs: 10000 }; verifiers that share a store need the same',
        ),
      );
    }
  });
});
