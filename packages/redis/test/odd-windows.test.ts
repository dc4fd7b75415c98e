/** A window of any whole number of milliseconds: the script ends after its last write, not in the middle. */
import { startRedis } from '@countersign/testkit/redis';
import { charge } from '@countersign/testkit/store-contract';
import { expect, it } from 'vitest';
import { freshAdmission, openReadyStore } from './open-store.js';

it('L6 a window longer than the acceptance window, in odd milliseconds, is admitted and kept', async () => {
  const server = await startRedis();
  const store = await openReadyStore(server.port);
  for (const windowMs of [86_400_001, 100_000_007, 123_456_789]) {
    const key = `key-${windowMs}`;
    const admission = freshAdmission([charge(key, 10, windowMs)], key);
    expect(await store.admit(admission)).toMatchObject({ outcome: 'admitted' });
    expect(await store.admit(admission)).toMatchObject({ outcome: 'replayed' });
  }
  await store.close();
  await server.stop();
});
