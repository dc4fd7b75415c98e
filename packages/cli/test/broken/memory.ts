/**
 * What a verifier remembers, right: nonces as long as they could be accepted, and an exact log of each budget. Each habit
 * is a function of its own so that a hole can take its place.
 */
import { scopePath } from '@countersign/canonical';
import type { Call, ProvedCall, Setting } from './steps.js';

export interface Rate {
  readonly limit: number;
  readonly windowMs: number;
}

/** Rates by scope; `*` is the whole owner. */
export type Limits = Readonly<Record<string, Rate>>;

/** One budget that a request is charged to. */
export interface Charge extends Rate {
  readonly name: string;
}

export interface Habits {
  /** Under which name a nonce is remembered. */
  readonly nonceName: (proved: ProvedCall, call: Call) => string;
  readonly forgetAtMs: (tsMs: number, nowMs: number) => number;
  readonly charges: (proved: ProvedCall, call: Call, status: number) => readonly Charge[];
  /** Whether what was charged at one time still counts at another. */
  readonly counts: (atMs: number, nowMs: number, windowMs: number) => boolean;
  /** Whether a refused request is charged all the same. */
  readonly chargesRefused: boolean;
  /** What a verifier waits for between looking and writing, in milliseconds; `undefined`: for nothing. */
  readonly nonceWriteMs: number | undefined;
  readonly chargeWriteMs: number | undefined;
}

export interface Level extends Charge {
  readonly remaining: number;
  readonly resetMs: number;
}

export type Outcome =
  | { readonly code: 'admitted' | 'replayed-nonce'; readonly levels: readonly Level[] }
  | { readonly code: 'rate-limited'; readonly levels: readonly Level[]; readonly retryAfterMs: number };

export type Memory = (proved: ProvedCall, call: Call, status: number) => Promise<Outcome>;

/** The habits as they should be. */
export function rightHabits({ pastMs }: Setting, limits: Limits): Habits {
  return {
    nonceName: ({ request: { authorization } }) => `${authorization.key} ${authorization.nonce}`,
    forgetAtMs: (tsMs) => tsMs + pastMs,
    charges: ({ scope }) =>
      [...scopePath(scope), '*'].flatMap((name) => {
        const rate = Object.hasOwn(limits, name) ? limits[name] : undefined;
        return rate === undefined ? [] : [{ name, ...rate }];
      }),
    counts: (atMs, nowMs, windowMs) => atMs > nowMs - windowMs,
    chargesRefused: false,
    nonceWriteMs: undefined,
    chargeWriteMs: undefined,
  };
}

/** Makes of the habits a memory: it claims the nonce and charges every budget, or does neither. */
export function createMemory(habits: Habits): Memory {
  const forgetAt = new Map<string, number>();
  const charged = new Map<string, number[]>();
  const level = (charge: Charge, nowMs: number): Level => {
    const { name, limit, windowMs } = charge;
    const log = (charged.get(name) ?? []).filter((atMs) => habits.counts(atMs, nowMs, windowMs));
    charged.set(name, log);
    const freeAtMs = (log[log.length - limit] ?? nowMs) + windowMs;
    return { ...charge, remaining: Math.max(0, limit - log.length), resetMs: Math.max(1, freeAtMs - nowMs) };
  };
  const write = (charges: readonly Charge[], nowMs: number): void => {
    for (const { name } of charges) charged.get(name)?.push(nowMs);
  };
  return async (proved, call, status) => {
    const nowMs = Date.now();
    const nonce = habits.nonceName(proved, call);
    if ((forgetAt.get(nonce) ?? Number.NEGATIVE_INFINITY) >= nowMs)
      return { code: 'replayed-nonce', levels: [] };
    const charges = habits.charges(proved, call, status);
    const levels = charges.map((charge) => level(charge, nowMs));
    const spent = levels.filter(({ remaining }) => remaining === 0);
    if (spent.length > 0) {
      if (habits.chargesRefused) write(charges, nowMs);
      return { code: 'rate-limited', levels, retryAfterMs: Math.max(...spent.map(({ resetMs }) => resetMs)) };
    }
    if (habits.nonceWriteMs === undefined) {
      forgetAt.set(nonce, habits.forgetAtMs(Number(proved.request.authorization.ts), nowMs));
    }
    if (habits.chargeWriteMs === undefined) write(charges, nowMs);
    await Promise.all([pause(habits.nonceWriteMs), pause(habits.chargeWriteMs)]);
    if (habits.nonceWriteMs !== undefined) {
      forgetAt.set(nonce, habits.forgetAtMs(Number(proved.request.authorization.ts), nowMs));
    }
    if (habits.chargeWriteMs !== undefined) write(charges, nowMs);
    return { code: 'admitted', levels: levels.map((was) => ({ ...was, remaining: was.remaining - 1 })) };
  };
}

function pause(ms: number | undefined): Promise<void> | undefined {
  return ms === undefined ? undefined : new Promise((resolve) => setTimeout(resolve, ms));
}
