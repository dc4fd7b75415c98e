/** Runs one attack, also where the endpoint does not survive it. */
import { type Attack, gotThrough, notTried, type Result } from './attack.js';
import type { Attacker } from './attacker.js';
import { evidence } from './evidence.js';

const SETTLE_MS = 500;

/** Runs attacks one after the other. That the endpoint went down is told once, as the hole that it is. */
export function attemptEach(attacker: Attacker): (attack: Attack) => Promise<Result> {
  let downSince: string | undefined;
  return async ({ id, run }) => {
    try {
      return await run(attacker);
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      const last = attacker.lastRequest();
      const down = await isDown(attacker);
      if (!down || last === undefined) return notTried(`no connection: ${error.message}`);
      if (downSince !== undefined) return notTried(`the endpoint is down since ${downSince}`);
      downSince = id;
      const reason = 'the endpoint takes no connections any more: a request brought it down';
      return gotThrough(reason, evidence('the last request before', last, { failure: 'closed' }));
    }
  };
}

function isConnectionError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

async function isDown({ sendOnce, sign, pause }: Attacker): Promise<boolean> {
  await pause(SETTLE_MS);
  return sendOnce(sign()).then(
    () => false,
    () => true,
  );
}
