/** How much is measured: everything for `npm run bench`, next to nothing for the tests that keep it working. */

export interface Extent {
  /** Rounds in which all subjects of a comparison take turns. */
  readonly rounds: number;
  /** How long one subject's turn lasts, where calls are timed in this process. */
  readonly roundMs: number;
  /** How long a turn of wrk lasts; wrk knows whole seconds only. */
  readonly loadSeconds: number;
  readonly loadRounds: number;
  readonly redisRoundMs: number;
  /** Nonces for the figures about memory, expiry and many live nonces. */
  readonly nonces: number;
  readonly manyNonces: number;
}

export const FULL: Extent = {
  rounds: 9,
  roundMs: 50,
  loadSeconds: 2,
  loadRounds: 3,
  redisRoundMs: 700,
  nonces: 1_000_000,
  manyNonces: 10_000_000,
};

export const TINY: Extent = {
  rounds: 1,
  roundMs: 1,
  loadSeconds: 1,
  loadRounds: 1,
  redisRoundMs: 20,
  nonces: 2_000,
  manyNonces: 5_000,
};

export const EXTENTS: Readonly<Record<string, Extent>> = { full: FULL, tiny: TINY };
