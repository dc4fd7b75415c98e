/**
 * What a store answers, worked out from a plain list of all that it ever admitted: slow, unbounded and obvious. Two
 * stores that agree with it agree with each other (law L10). It knows no caps, no loss and no clock that is set.
 */
import type { Admission, AdmissionResult, BudgetLevel, Charge, Tolerance } from '@countersign/server';

export interface PlainModel {
  /** The right answers; more than one where a store may have forgotten already, or not yet. */
  readonly answers: (admission: Admission, nowMs: number, atMs: number) => readonly AdmissionResult[];
  /** Takes note of what was admitted. */
  readonly admitted: (admission: Admission, atMs: number) => void;
}

interface Taken {
  readonly owner: string;
  readonly policy: string;
  readonly cost: number;
  readonly expiresAtMs: number;
}

/** Up to this limit units come back one window later to the millisecond; above it, at the end of a 64th of it. */
const EXACT_LIMIT = 128;
const SLICES = 64;

export function plainModel({ pastMs, futureMs }: Tolerance): PlainModel {
  const claimed: Admission[] = [];
  const taken: Taken[] = [];

  const inUse = (owner: string, policy: string, atMs: number): Taken[] =>
    taken.filter((entry) => entry.owner === owner && entry.policy === policy && entry.expiresAtMs > atMs);

  const levelOf = (owner: string, { policy, limit, windowMs }: Charge, extra: Taken[], atMs: number) => {
    const entries = [...inUse(owner, policy, atMs), ...extra];
    const used = entries.reduce((sum, { cost }) => sum + cost, 0);
    const resetMs =
      entries.length === 0 ? 0 : Math.ceil(Math.min(...entries.map((e) => e.expiresAtMs)) - atMs);
    return { policy, limit, windowMs, remaining: limit - used, resetMs };
  };

  const budgets = ({ owner, charges }: Admission, atMs: number): AdmissionResult => {
    const waits = charges.map((charge) => waitFor(inUse(owner, charge.policy, atMs), charge, atMs));
    if (waits.every((wait) => wait === 0)) {
      const levels = charges.map((charge) => levelOf(owner, charge, [takenBy(owner, charge, atMs)], atMs));
      return { outcome: 'admitted', levels };
    }
    const levels = charges.map((charge, index): BudgetLevel => {
      const level = levelOf(owner, charge, [], atMs);
      return waits[index] === 0 ? level : { ...level, violated: true };
    });
    const retryAfterMs = Math.max(...waits);
    return retryAfterMs === Number.POSITIVE_INFINITY
      ? { outcome: 'limited', levels }
      : { outcome: 'limited', levels, retryAfterMs };
  };

  return {
    answers: (admission, nowMs, atMs) => {
      const { signedAtMs } = admission;
      if (signedAtMs < nowMs - pastMs) return [{ outcome: 'stale', deadSinceMs: signedAtMs + pastMs }];
      if (signedAtMs > nowMs + futureMs) return [{ outcome: 'future' }];
      const same = claimed.filter((other) => isSameNonce(admission, other));
      if (same.length === 0) return [budgets(admission, atMs)];
      const forgettable = same.every((other) => other.signedAtMs < nowMs - pastMs);
      return forgettable ? [{ outcome: 'replayed' }, budgets(admission, atMs)] : [{ outcome: 'replayed' }];
    },
    admitted: (admission, atMs) => {
      claimed.push(admission);
      taken.push(...admission.charges.map((charge) => takenBy(admission.owner, charge, atMs)));
    },
  };
}

function takenBy(owner: string, { policy, limit, windowMs, cost }: Charge, atMs: number): Taken {
  const sliceMs = windowMs / SLICES;
  const sinceMs = limit <= EXACT_LIMIT ? atMs : (Math.floor(atMs / sliceMs) + 1) * sliceMs;
  return { owner, policy, cost, expiresAtMs: sinceMs + windowMs };
}

/** Tries every time at which something comes back. */
function waitFor(entries: readonly Taken[], { limit, cost }: Charge, atMs: number): number {
  const times = [atMs, ...entries.map(({ expiresAtMs }) => expiresAtMs)].sort((a, b) => a - b);
  const free = times.find((timeMs) => {
    const used = entries.reduce((sum, entry) => sum + (entry.expiresAtMs > timeMs ? entry.cost : 0), 0);
    return used + cost <= limit;
  });
  return free === undefined ? Number.POSITIVE_INFINITY : Math.ceil(free - atMs);
}

function isSameNonce(one: Admission, other: Admission): boolean {
  return one.key === other.key && one.nonce.every((byte, index) => byte === other.nonce[index]);
}
