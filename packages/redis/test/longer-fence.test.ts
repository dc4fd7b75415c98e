/**
 * A horizon that rose for too short a time, because the process that found the loss knew of no master that could be
 * deposed, or of a smaller tolerance, rises again when one comes that knows better.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from '@countersign/testkit/redis';
import { expect, it } from 'vitest';
import { freshAdmission, openReadyStore, openStore, TOLERANCE } from './open-store.js';

/** How far the horizon may be above that: the servers are asked who they are once in so long. */
const LOOK_MS = 1_000;

it('L5 a process that knows of a longer fence lifts a horizon that rose for a shorter one, once', async () => {
  const server = await startRedis();
  const short = await openReadyStore(server.port, { deposedWritesMs: 0 });
  expect(await short.admit(freshAdmission())).toMatchObject({ outcome: 'admitted' });
  const fenceMs = 1_500;
  const long = openStore(server.port, { deposedWritesMs: fenceMs });
  const beganMs = Date.now();
  await long.ready();
  const refused = await long.admit(freshAdmission());
  expect(refused).toMatchObject({ outcome: 'recovering' });
  if (refused.outcome !== 'recovering') return;
  // What the other admitted in between is not said to have been dead.
  expect(refused.deadSinceMs).toBeGreaterThanOrEqual(beganMs);
  expect(refused.retryAfterMs).toBeLessThanOrEqual(TOLERANCE.futureMs + fenceMs + LOOK_MS + 1);
  await sleep(refused.retryAfterMs + 5);
  // Both go on, and neither lifts it again.
  for (let times = 0; times < 12; times++) {
    expect(await long.admit(freshAdmission())).toMatchObject({ outcome: 'admitted' });
    expect(await short.admit(freshAdmission())).toMatchObject({ outcome: 'admitted' });
    await sleep(100);
  }
  await Promise.all([short.close(), long.close()]);
  await server.stop();
});
