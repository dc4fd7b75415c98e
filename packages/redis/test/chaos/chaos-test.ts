/**
 * A case of the chaos suite as a test. Of each kind of server one case that takes memory away belongs to the ordinary
 * tests; the others come in with `npm run chaos`, as does a wider load.
 */
import { expect, it } from 'vitest';
import { EXTENT, type Stage } from './chaos-case.js';
import { runCase } from './chaos-run.js';

/** One cause makes many violations. */
const SHOWN = 12;
/** Far more than a case takes in the ordinary tests, also on a busy machine. */
const ENDS_WITHIN_MS = 280_000;

/** @param prepare starts the servers; what it has started is stopped by the stage */
export function chaos(name: string, prepare: () => Promise<Stage>): void {
  // Long cases end when they end: `npm run chaos` sets a limit of its own.
  const limitMs = EXTENT.long ? undefined : ENDS_WITHIN_MS;
  for (let round = 1; round <= EXTENT.rounds; round++) {
    it(
      EXTENT.rounds === 1 ? name : `${name}, round ${round}`,
      async () => {
        const { figures, violations, told } = await runCase(name, prepare);
        const why = JSON.stringify({ figures, told }, undefined, 1);
        expect(violations.slice(0, SHOWN), `${violations.length} violations ${why}`).toEqual([]);
      },
      limitMs,
    );
  }
}

/** A case of `npm run chaos` alone. */
export const longChaos: typeof chaos = (name, prepare) => {
  if (EXTENT.long) chaos(name, prepare);
};
