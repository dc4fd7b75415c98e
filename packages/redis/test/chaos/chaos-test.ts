/** A case of the chaos suite as a test. */
import { expect, it } from 'vitest';
import { EXTENT, type Stage } from './chaos-case.js';
import { runCase } from './chaos-run.js';

/** One cause makes many violations. */
const SHOWN = 12;

/** @param prepare starts the servers; what it has started is stopped by the stage */
export function chaos(name: string, prepare: () => Promise<Stage>): void {
  for (let round = 1; round <= EXTENT.rounds; round++) {
    it(EXTENT.rounds === 1 ? name : `${name}, round ${round}`, async () => {
      const { figures, violations, told } = await runCase(name, prepare);
      const why = JSON.stringify({ figures, told }, undefined, 1);
      expect(violations.slice(0, SHOWN), `${violations.length} violations ${why}`).toEqual([]);
    });
  }
}
