/** The Python memory store behind the contract of the TypeScript packages, on the clock of a test. */
import type { AdmissionResult, Store } from '@countersign/server';
import { type StoreSetup, TOLERANCE } from '@countersign/testkit/store-contract';
import type { PythonChild } from './python-child.js';

interface PythonLevel {
  readonly name: string;
  readonly count: number;
  readonly window_ms: number;
  readonly remaining: number;
  readonly reset_ms: number;
  readonly violated: boolean;
}

interface PythonAdmission {
  readonly code: string;
  readonly levels: readonly PythonLevel[];
  readonly retry_after_ms: number | null;
  readonly dead_since: number | null;
}

let stores = 0;

export async function pythonStore(child: PythonChild, setup: StoreSetup): Promise<Store> {
  const { clock, maxNonces, maxBudgetsPerOwner } = setup;
  const id = `store ${stores++}`;
  const ask = <Answer>(task: string, more: object): Promise<Answer> =>
    child.ask({ task, id, nowMs: clock.nowMs(), atMs: clock.monotonicMs(), ...more });
  const options = {
    past_ms: TOLERANCE.pastMs,
    future_ms: TOLERANCE.futureMs,
    ...(maxNonces === undefined ? {} : { max_nonces: maxNonces }),
    ...(maxBudgetsPerOwner === undefined ? {} : { max_budgets: maxBudgetsPerOwner }),
  };
  await ask('store', { options });
  return {
    admit: async ({ key, owner, nonce, signedAtMs, charges }) =>
      resultOf(
        await ask<PythonAdmission>('admit', {
          key,
          owner,
          nonce: Buffer.from(nonce).toString('hex'),
          ts: signedAtMs,
          charges: charges.map(({ policy, limit, windowMs, cost }) => [policy, limit, windowMs, cost]),
        }),
      ),
    declareStale: async (key, _owner, signedAtMs) =>
      (await ask<number | null>('declare_stale', { key, ts: signedAtMs })) ?? undefined,
    close: () => ask('forget', {}),
  };
}

function resultOf({ code, levels, retry_after_ms, dead_since }: PythonAdmission): AdmissionResult {
  const left = levels.map(({ name, count, window_ms, remaining, reset_ms, violated }) => ({
    policy: name,
    limit: count,
    windowMs: window_ms,
    remaining,
    resetMs: reset_ms,
    ...(violated ? { violated: true as const } : {}),
  }));
  const deadSinceMs = dead_since ?? Number.NaN;
  switch (code) {
    case 'admitted':
      return { outcome: 'admitted', levels: left };
    case 'replayed-nonce':
      return { outcome: 'replayed' };
    case 'rate-limited':
      return retry_after_ms === null
        ? { outcome: 'limited', levels: left }
        : { outcome: 'limited', levels: left, retryAfterMs: retry_after_ms };
    case 'stale-timestamp':
      return { outcome: 'stale', deadSinceMs };
    case 'future-timestamp':
      return { outcome: 'future' };
    case 'store-recovering':
      return { outcome: 'recovering', deadSinceMs, retryAfterMs: retry_after_ms ?? Number.NaN };
    default:
      throw new Error(`an outcome without a name here: ${code}`);
  }
}
