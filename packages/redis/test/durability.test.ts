/** With `durability` an admission counts when a replica has it; without one in time it is undone, and the answer is 503. */
import { startRedis, untilFollowed, waitUntil } from '@countersign/testkit/redis';
import { charge } from '@countersign/testkit/store-contract';
import { afterAll, expect, it } from 'vitest';
import { BUCKETS, bucketIndex, createBuckets } from '../src/bucket-names.js';
import { freshAdmission, openReadyStore } from './open-store.js';

const [master, replica] = await Promise.all([
  startRedis({ config: { 'repl-diskless-sync-delay': '0', 'min-replicas-max-lag': '60' } }),
  startRedis(),
]);
afterAll(() => Promise.all([master.stop(), replica.stop()]));
await replica.command('REPLICAOF', master.host, master.port);
// `state=online` alone is too early: the master holds writes back until the replica has acknowledged something.
await untilFollowed(master, [replica], ['SET', 'followed', ''], 20_000);

const RATE = charge('rate', 1_000, 60_000);
const OPTIONS = { timeoutMs: 3_000, deposedWritesMs: 0 };
/** Long enough for a replica that is there, on a machine that is busy. */
const WAIT_MS = 500;
const ENTRY_BYTES = 22;

it('L5 what is admitted is on the replica when the answer comes', async () => {
  const store = await openReadyStore(master.port, {
    ...OPTIONS,
    prefix: 'on-replica',
    durability: { replicas: 1, timeoutMs: WAIT_MS },
  });
  const bucket = createBuckets('on-replica')[bucketIndex('key', BUCKETS)];
  const nonceBytes = async (): Promise<number> => {
    const fields = (await replica.reply('HGETALL', bucket?.key ?? '')) as Buffer[];
    return fields.reduce((sum, { length }, index) => {
      return index % 2 === 1 && String(fields[index - 1]).startsWith('n') ? sum + length : sum;
    }, 0);
  };
  for (let request = 1; request <= 40; request++) {
    // Now and then it is not so quick: then the answer waits for it.
    if (request % 10 === 0) {
      replica.pause();
      setTimeout(() => replica.resume(), 30);
    }
    expect(await store.admit(freshAdmission())).toMatchObject({ outcome: 'admitted' });
    expect(replica.state).toBe('running');
    // Asked at once, with no time for it to arrive.
    expect(await nonceBytes()).toBe(request * ENTRY_BYTES);
  }
  await store.close();
});

it('L6 L12 while the replica is away every answer is unavailable, in time, and is undone', async () => {
  const store = await openReadyStore(master.port, {
    ...OPTIONS,
    prefix: 'undone',
    durability: { replicas: 1, timeoutMs: WAIT_MS },
  });
  expect(await store.admit(freshAdmission([RATE]))).toMatchObject({
    levels: [{ remaining: RATE.limit - 1 }],
  });
  replica.pause();
  const all = Array.from({ length: 20 }, () => freshAdmission([RATE]));
  const sentMs = performance.now();
  const results = await Promise.all(all.map((one) => store.admit(one)));
  // The first wait and the one that begins after it answer for all: there is no third.
  expect(performance.now() - sentMs).toBeLessThan(3 * WAIT_MS);
  for (const result of results) {
    expect(result).toMatchObject({ outcome: 'unavailable', reason: expect.stringContaining('replicas') });
  }
  replica.resume();
  const [first] = all;
  const result = await waitUntil('an admission', 5_000, async () => {
    const answer = await store.admit(first ?? freshAdmission([RATE]));
    return answer.outcome === 'unavailable' ? undefined : answer;
  });
  expect(result).toMatchObject({ outcome: 'admitted', levels: [{ remaining: RATE.limit - 2 }] });
  expect(await store.admit(first ?? freshAdmission())).toEqual({ outcome: 'replayed' });
  await store.close();
});

it('L12 more replicas than there are: unavailable after the wait, not after the deadline', async () => {
  const store = await openReadyStore(master.port, {
    ...OPTIONS,
    prefix: 'too-many',
    durability: { replicas: 2, timeoutMs: WAIT_MS },
  });
  const sentMs = performance.now();
  expect(await store.admit(freshAdmission([RATE]))).toMatchObject({ outcome: 'unavailable' });
  const tookMs = performance.now() - sentMs;
  expect(tookMs).toBeGreaterThanOrEqual(WAIT_MS - 2);
  expect(tookMs).toBeLessThan(3 * WAIT_MS);
  await store.close();
});
