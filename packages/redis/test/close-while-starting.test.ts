/** A store that never came to work can be closed, and lets its process end. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { acceptanceWindow, createClock } from '@countersign/server';
import { Cluster, Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { redisStore } from '../src/index.js';

const NOBODY = { host: '127.0.0.1', port: 1 };
const CLIENTS = {
  'a server': () => new Redis({ ...NOBODY, lazyConnect: true }),
  sentinels: () => new Redis({ sentinels: [NOBODY], name: 'master', lazyConnect: true }),
  'a cluster': () => new Cluster([NOBODY], { lazyConnect: true }),
};

it.each(Object.entries(CLIENTS))(
  'a store is closed at once while %s cannot be reached, and whoever waited hears of it',
  async (_, client) => {
    const store = redisStore(client(), { onWarning: () => {} });
    store.attach(acceptanceWindow(createClock()));
    const ready = expect(store.ready()).rejects.toThrow(/Redis|clos|refused|stopped/i);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const beganMs = performance.now();
    await store.close();
    await ready;
    expect(performance.now() - beganMs).toBeLessThan(1_000);
    expect(
      await store.admit({ key: 'k', owner: 'k', nonce: new Uint8Array(16), signedAtMs: 0, charges: [] }),
    ).toMatchObject({ outcome: 'unavailable', reason: 'the store is closed' });
  },
);

it.each(['{ sentinels: [nobody], name: "m" }', '{ ...nobody }'])(
  'a process ends after it has closed a store of %s',
  async (options) => {
    const program = `
      import { Redis } from 'ioredis';
      import { redisStore } from '@countersign/redis';
      import { acceptanceWindow, createClock } from '@countersign/server';
      const nobody = { host: '127.0.0.1', port: 1 };
      const store = redisStore(new Redis({ lazyConnect: true, ...${options} }), { onWarning: () => {} });
      store.attach(acceptanceWindow(createClock()));
      setTimeout(() => store.close(), 200);`;
    const { dirname } = import.meta;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      cwd: dirname,
      timeout: 10_000,
    });
  },
);
