/**
 * L14: a client signs anew when a verdict proves that its signature was dead before it was made. So `deadSinceMs` is
 * never earlier than the truth, on the clock that the verdict's time is of, whatever that clock was doing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { acceptanceWindow, createClock } from '@countersign/server';
import { startRedis } from '@countersign/testkit/redis';
import { expect, it } from 'vitest';
import { admissionResult, staleSince } from '../src/replies.js';
import { REPLY } from '../src/script/bucket.js';
import { freshAdmission, openStore, TOLERANCE } from './open-store.js';

const T = 1_763_750_000_000;

it.each([0, 3, 240, -240])(
  'L14 a time since when is told on the clock of the verdict, which is %d ms ahead of the server',
  (aheadMs) => {
    const window = acceptanceWindow(
      createClock(
        () => T + aheadMs,
        () => 0,
      ),
      TOLERANCE,
    );
    // The horizon rose 100 ms ago.
    const reply = [REPLY.recovering, T, T + 50, T - 100] as const;
    const result = admissionResult(reply, freshAdmission(), window);
    expect(result).toMatchObject({ outcome: 'recovering', deadSinceMs: T + aheadMs - 100, retryAfterMs: 51 });
    expect(staleSince(window, T - TOLERANCE.pastMs - 100, T)).toBe(T + aheadMs - 100);
  },
);

it("L14 the answer that tells of a step of the server's clock vouches for nothing before it", () => {
  let ms = 0;
  const clock = createClock(
    () => T + ms,
    () => ms,
  );
  const window = acceptanceWindow(clock, TOLERANCE);
  clock.nowMs();
  ms = 5;
  const stepped = T + 600_000;
  clock.follow(stepped, 1);
  expect(staleSince(window, T, stepped)).toBe(stepped);
  const reply = [REPLY.recovering, stepped, stepped + 50, T] as const;
  expect(admissionResult(reply, freshAdmission(), window)).toMatchObject({ deadSinceMs: stepped });
});

it("L14 every verifier of a store follows the servers' clock, not the first alone", async () => {
  const server = await startRedis();
  const store = openStore(server.port);
  const aheadMs = 60_000;
  const clock = createClock(
    () => Date.now() + aheadMs,
    () => performance.now(),
  );
  store.attach(acceptanceWindow(clock, TOLERANCE));
  await store.ready();
  await sleep(50);
  await store.admit(freshAdmission());
  expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(1_000);
  await store.close();
  await server.stop();
});
