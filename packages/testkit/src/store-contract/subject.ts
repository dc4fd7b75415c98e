/**
 * A store under test: how the contract makes one, what it asks it, and the clock that both share.
 */
import {
  type Admission,
  type AdmissionResult,
  acceptanceWindow,
  type Charge,
  type Store,
  type Tolerance,
} from '@countersign/server';
import { type FakeClock, fakeClock } from './fake-clock.js';

/** What a store under test is made from. */
export interface StoreSetup {
  /** For a store that reads a clock of its own as well: it must show this time. */
  readonly clock: FakeClock;
  /** As in `memoryStore`. */
  readonly maxNonces?: number;
  readonly maxBudgetsPerOwner?: number;
}

/** Gives a store without memories. The contract attaches and closes it. */
export type CreateStore = (setup: StoreSetup) => Store | Promise<Store>;

export interface Subject {
  readonly store: Store;
  readonly clock: FakeClock;
  /** Admits what `ask` describes. */
  readonly admit: (ask?: Ask) => Promise<AdmissionResult>;
}

/** An admission with the parts that a test does not care about left out. */
export interface Ask {
  readonly key?: string;
  /** Default: the key. */
  readonly owner?: string;
  /** Which nonce. */
  readonly nonce?: number;
  /** How long ago it was signed, by the wall clock; default 0, negative for the future. */
  readonly ageMs?: number;
  readonly charges?: readonly Charge[];
}

/** Small, so that histories leave it often. */
export const TOLERANCE: Tolerance = { pastMs: 1_000, futureMs: 100 };

/** A nonce of 16 bytes that differs from others in every word. */
export function nonceOf(id: number): Uint8Array {
  const nonce = new Uint8Array(16);
  const view = new DataView(nonce.buffer);
  for (let word = 0; word < 4; word++) view.setUint32(4 * word, Math.imul(id + 1, 0x9e3779b1 + 2 * word));
  return nonce;
}

export function charge(policy: string, limit: number, windowMs: number, cost = 1): Charge {
  return { policy, limit, windowMs, cost };
}

export function admissionAt(clock: FakeClock, ask: Ask = {}): Admission {
  const { key = 'key', owner = key, nonce = 0, ageMs = 0, charges = [] } = ask;
  return { key, owner, nonce: nonceOf(nonce), signedAtMs: clock.nowMs() - ageMs, charges };
}

/** Runs a test with a store of its own. */
export async function withStore(
  create: CreateStore,
  setup: Omit<StoreSetup, 'clock'>,
  test: (subject: Subject) => Promise<void>,
): Promise<void> {
  const clock = fakeClock();
  const store = await create({ ...setup, clock });
  store.attach?.(acceptanceWindow(clock.clock, TOLERANCE));
  try {
    await test({ store, clock, admit: async (ask) => store.admit(admissionAt(clock, ask)) });
  } finally {
    await store.close?.();
  }
}

export function countOf(outcome: AdmissionResult['outcome'], results: readonly AdmissionResult[]): number {
  return results.filter((result) => result.outcome === outcome).length;
}
