/**
 * How much is measured: everything for `npm run bench`, the usual request alone for another Node, next to nothing for the
 * tests that keep it working.
 */
import { SIZES, type Size } from './order-request.js';

export interface Extent {
  /** The bodies that signing and verifying are measured with. */
  readonly sizes: readonly Size[];
  /** Rounds in which all subjects of a comparison take turns. */
  readonly rounds: number;
  /** Turns before that, for code that has not run yet. */
  readonly warmUpTurns: number;
  /** How long one subject's turn lasts, where calls are timed in this process. */
  readonly roundMs: number;
  /** How long a turn of wrk lasts; wrk knows whole seconds only. */
  readonly loadSeconds: number;
  readonly loadRounds: number;
  readonly loadWarmUpTurns: number;
  /** What the first turn signs for, in requests a second; later ones go by what was measured. */
  readonly firstRate: number;
  readonly redisRoundMs: number;
  /** Nonces for the figures about memory, expiry and many live nonces. */
  readonly nonces: number;
  readonly manyNonces: number;
}

const FULL: Extent = {
  sizes: Object.keys(SIZES) as Size[],
  rounds: 7,
  warmUpTurns: 10,
  roundMs: 60,
  loadSeconds: 1,
  loadRounds: 4,
  loadWarmUpTurns: 1,
  firstRate: 25_000,
  redisRoundMs: 700,
  nonces: 1_000_000,
  manyNonces: 10_000_000,
};

const USUAL: Extent = { ...FULL, sizes: ['order'], rounds: 5, warmUpTurns: 8 };

const TINY: Extent = {
  sizes: FULL.sizes,
  rounds: 1,
  warmUpTurns: 1,
  roundMs: 1,
  loadSeconds: 1,
  loadRounds: 1,
  loadWarmUpTurns: 0,
  firstRate: 6_000,
  redisRoundMs: 20,
  nonces: 2_000,
  manyNonces: 5_000,
};

export const EXTENTS: Readonly<Record<'full' | 'usual' | 'tiny', Extent>> = {
  full: FULL,
  usual: USUAL,
  tiny: TINY,
};
export type ExtentName = keyof typeof EXTENTS;

export function isExtentName(name: string): name is ExtentName {
  return Object.hasOwn(EXTENTS, name);
}
