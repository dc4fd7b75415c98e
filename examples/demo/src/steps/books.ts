/** The books of the whole run, at its end: what no single step looks at. */
import type { Step } from '../step.js';

export const books: Step = {
  name: 'the journals of the whole run',
  promise: 'nothing twice, no window over its limit',
  ofTheWholeRun: true,
  run: async (world, { equal, must }) => {
    const { ledger, tally } = world;
    const repeated = ledger.repeated();
    equal('nonces admitted or executed more often than once', repeated.join(), '');
    const windows = ledger.fullestWindows();
    for (const { owner, policy, limit, units } of windows) {
      must(units <= limit, `${owner}: ${policy} held ${units} units`);
    }
    equal('replays admitted', tally.replaysAdmitted, 0);
    const over = windows.filter(({ limit, units }) => units > limit).length;
    return `${ledger.size()} entries, ${windows.length} budgets, ${over} over their limits`;
  },
};
