/**
 * 100 000 recorded admissions, played back against a memory store under all that may happen in one process.
 * Restarts have their own test (`restart.test.ts`).
 */
import { describe, expect, it } from 'vitest';
import { acceptanceWindow } from '../../src/acceptance-window.js';
import { createClock } from '../../src/clock.js';
import { memoryStore } from '../../src/memory/memory-store.js';
import type { Admission, AdmissionResult } from '../../src/store.js';

const RECORDED = 100_000;
const PAST_MS = 60_000;
const FUTURE_MS = 10_000;
const MAX_NONCES = 12_000;

/** `flood` runs over its cap, `busy` stays under it, `slow` sees its nonces expire. */
const KEYS = ['flood', 'flood', 'flood', 'flood', 'flood', 'busy', 'busy', 'slow'];

function playground() {
  let wallMs = 1_763_750_000_000;
  let monotonicMs = 0;
  const store = memoryStore({ maxNonces: MAX_NONCES });
  const clock = createClock(
    () => wallMs,
    () => monotonicMs,
  );
  store.attach(acceptanceWindow(clock, { pastMs: PAST_MS, futureMs: FUTURE_MS }));
  const admit = (admission: Admission): AdmissionResult => {
    const result = store.admit(admission);
    if (result instanceof Promise) throw new Error('a store without a file waits for nothing');
    return result;
  };
  return {
    store,
    admit,
    nowMs: () => wallMs,
    advance: (ms: number) => {
      wallMs += ms;
      monotonicMs += ms;
    },
    step: (ms: number) => {
      wallMs += ms;
    },
  };
}

type Playground = ReturnType<typeof playground>;

function ask(id: number, signedAtMs: number): Admission {
  const nonce = new Uint8Array(16);
  new DataView(nonce.buffer).setUint32(0, Math.imul(id, 0x9e3779b1));
  new DataView(nonce.buffer).setUint32(12, id);
  const key = KEYS[id % KEYS.length] ?? '';
  return { key, owner: 'owner', nonce, signedAtMs, charges: [] };
}

/** Plays admissions back and counts the answers; none may be `admitted`. */
function playBack({ admit }: Playground, recorded: readonly Admission[]): Map<string, number> {
  const outcomes = new Map<string, number>();
  for (const admission of recorded) {
    const { outcome } = admit(admission);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  expect(outcomes.get('admitted')).toBeUndefined();
  return outcomes;
}

/** Admits until 100 000 are recorded, with copies in between and `disturb` after each thousand. */
function record(by: Playground, disturb: (thousands: number) => void): Admission[] {
  const recorded: Admission[] = [];
  for (let id = 0; recorded.length < RECORDED; id++) {
    if (id % 2 === 0) by.advance(1);
    const admission = ask(id, by.nowMs() + ((id * 7_919) % (PAST_MS / 2)) - PAST_MS / 2 + FUTURE_MS);
    const result = by.admit(admission);
    if (result.outcome === 'recovering') by.advance(result.retryAfterMs);
    if (result.outcome !== 'admitted') continue;
    recorded.push(admission);
    const earlier = recorded[(id * 104_729) % recorded.length];
    if (earlier !== undefined) expect(by.admit(earlier).outcome).not.toBe('admitted');
    if (recorded.length % 1_000 === 0) disturb(recorded.length / 1_000);
  }
  return recorded;
}

describe('100 000 recorded admissions', () => {
  it('L5 none is admitted again under flood and capacity overflow, at any later time', () => {
    const by = playground();
    const recorded = record(by, () => {});
    const busy = recorded.filter(({ key }) => key === 'busy').length;
    expect(busy).toBeGreaterThan(MAX_NONCES);
    expect(by.store.size).toBeGreaterThan(MAX_NONCES);
    const outcomes = playBack(by, recorded);
    for (const outcome of ['replayed', 'recovering', 'stale']) {
      expect(outcomes.get(outcome)).toBeGreaterThan(1_000);
    }
    for (let time = 0; time < 8; time++) {
      by.advance(PAST_MS / 6);
      playBack(by, recorded);
    }
    // And the service goes on.
    expect(by.admit(ask(5_000_000, by.nowMs())).outcome).toBe('admitted');
  });

  it('L5 none is admitted again when the clock is set forth and back while they are recorded', () => {
    const by = playground();
    const startMs = by.nowMs();
    const steps = [-300, 5_000, -5_000, 90_000, -89_000, -20_000, 20_000, 0, -70_000, 70_000];
    const recorded: Admission[] = record(by, (thousands) => {
      by.step(steps[thousands % steps.length] ?? 0);
    });
    const endMs = by.nowMs();
    for (let part = 0; part <= 30; part++) {
      by.step(startMs - PAST_MS + ((endMs - startMs + 2 * PAST_MS) * part) / 30 - by.nowMs());
      playBack(by, recorded.slice(part * 3_000, part * 3_000 + 10_000));
    }
    for (const backMs of [3_600_000, 60_000, 1_000, 0, -1_000, -60_000]) {
      by.step(endMs - backMs - by.nowMs());
      playBack(by, recorded);
    }
  });
});
