/** Chaos among processes that do not agree: about a key's owner, about the time. One standalone server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { metAnswer } from './chaos-case.js';
import { chaos, longChaos } from './chaos-test.js';
import { onOneServer } from './one-server.js';

chaos('a key moved to another owner', () =>
  onOneServer(async (_, { services, keys }) => {
    const owners: Record<string, string> = {
      key_0: 'initech',
      key_2: 'acme',
      key_4: 'globex',
      key_5: 'key_6',
    };
    const moved = Object.fromEntries(
      Object.entries(keys).map(([id, key]) => [id, { ...key, owner: owners[id] ?? key.owner }]),
    );
    const beganMs = Date.now();
    const [first, ...others] = services;
    await first?.reload(moved);
    // The others keep the old keyring for a while.
    for (const service of others) {
      await sleep(1_000);
      await service.reload(moved);
    }
    const overMs = Date.now();
    return ({ executions }) => {
      const during = executions.filter(({ atMs }) => atMs > beganMs && atMs < overMs);
      const after = executions.filter(({ atMs }) => atMs >= overMs);
      if (!during.some(({ owner }) => owner === 'initech')) return 'nobody served the new owner at once';
      if (!during.some(({ service, owner }) => service > 0 && owner === 'acme'))
        return 'nobody kept the old owner';
      return after.some(({ service, owner }) => service > 0 && owner === 'initech')
        ? undefined
        : 'not all moved';
    };
  }),
);

longChaos('one process whose clock is a minute behind', async () => {
  const stage = await onOneServer(async (redis) => {
    await redis.command('FLUSHALL');
    return metAnswer('store-recovering');
  });
  return {
    ...stage,
    serviceOptions: (service: number) => (service === 0 ? { clockBehindMs: 60_000 } : {}),
  };
});
