/** A script is sent again when the server does not have it, and for no other error; each error is an answer in time. */
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RedisServer, startRedis, waitUntil } from '@countersign/testkit/redis';
import { charge } from '@countersign/testkit/store-contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RedisStore } from '../src/index.js';
import { freshAdmission, openReadyStore } from './open-store.js';

const RATE = charge('rate', 1_000, 60_000);
/** One each hundred milliseconds, and a few more. */
const TOUCHES_A_SECOND = 15;

let server: RedisServer;
let store: RedisStore;
beforeEach(async () => {
  server = await startRedis({ config: { 'busy-reply-threshold': '20', dbfilename: 'folder.rdb' } });
  store = await openReadyStore(server.port);
  await store.admit(freshAdmission([RATE]));
});
afterEach(async () => {
  await store.close();
  await server.stop();
});

/** How often the server was asked for each command, whether it ran it or refused. */
async function askedFor(): Promise<{ eval: number; evalsha: number }> {
  const stats = await server.command('INFO', 'commandstats');
  const count = (name: string): number => {
    const line = new RegExp(`^cmdstat_${name}:calls=(\\d+).*rejected_calls=(\\d+)`, 'm').exec(stats);
    return Number(line?.[1] ?? 0) + Number(line?.[2] ?? 0);
  };
  return { eval: count('eval'), evalsha: count('evalsha') };
}

it('sends a script again on NOSCRIPT, once, and nothing is lost or counted twice', async () => {
  await server.command('CONFIG', 'RESETSTAT');
  for (let round = 1; round <= 3; round++) {
    await server.command('SCRIPT', 'FLUSH');
    for (let request = 0; request < 20; request++) {
      const result = await store.admit(freshAdmission([RATE]));
      const left = RATE.limit - 1 - 20 * (round - 1) - (request + 1);
      expect(result).toMatchObject({ outcome: 'admitted', levels: [{ remaining: left }] });
    }
    // The admission's, and perhaps the caretaker's.
    expect((await askedFor()).eval).toBeLessThanOrEqual(2 * round);
  }
  expect((await askedFor()).eval).toBeGreaterThanOrEqual(3);
});

const ERRORS: readonly {
  readonly name: string;
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
  /** Whether the store looks for another master at once, and so connects again. */
  readonly leaves: boolean;
}[] = [
  {
    name: 'OOM',
    leaves: false,
    begin: () => server.command('CONFIG', 'SET', 'maxmemory', '1'),
    end: () => server.command('CONFIG', 'SET', 'maxmemory', '0'),
  },
  {
    name: 'READONLY',
    leaves: true,
    begin: () => server.command('REPLICAOF', '127.0.0.1', '1'),
    end: () => server.command('REPLICAOF', 'NO', 'ONE'),
  },
  {
    name: 'MISCONF',
    leaves: false,
    begin: async () => {
      await server.command('CONFIG', 'SET', 'save', '3600 1');
      await failDump();
    },
    end: () => server.command('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no'),
  },
  {
    name: 'NOREPLICAS',
    leaves: true,
    begin: () => server.command('CONFIG', 'SET', 'min-replicas-to-write', '1'),
    end: () => server.command('CONFIG', 'SET', 'min-replicas-to-write', '0'),
  },
];

/** A folder stands where the dump is to be. */
async function failDump(): Promise<void> {
  mkdirSync(`${server.dir}/folder.rdb/x`, { recursive: true });
  await server.command('BGSAVE');
  await waitUntil('the dump to fail', 5_000, async () => {
    const info = await server.command('INFO', 'persistence');
    return info.includes('rdb_last_bgsave_status:err') || undefined;
  });
}

it.each(ERRORS)(
  'answers unavailable to $name, and does not send it again',
  async ({ begin, end, leaves }) => {
    const before = freshAdmission([RATE]);
    expect(await store.admit(before)).toMatchObject({ outcome: 'admitted' });
    await begin();
    await server.command('CONFIG', 'RESETSTAT');
    const refused = freshAdmission([RATE]);
    const startMs = performance.now();
    for (let request = 0; request < 20; request++) {
      const sentMs = performance.now();
      expect(await store.admit(refused)).toMatchObject({ outcome: 'unavailable', retryAfterMs: 1_000 });
      expect(performance.now() - sentMs).toBeLessThan(250 + 100);
      await sleep(5);
    }
    const asked = await askedFor();
    expect(asked.eval).toBe(0);
    const seconds = (performance.now() - startMs) / 1_000;
    if (!leaves) expect(asked.evalsha).toBeLessThanOrEqual(20 + Math.ceil(TOUCHES_A_SECOND * seconds));
    await end();
    // What was refused left nothing behind, and what was admitted is there.
    const result = await waitUntil('an admission', 5_000, async () => {
      const answer = await store.admit({ ...refused, signedAtMs: Date.now() });
      return answer.outcome === 'admitted' ? answer : undefined;
    });
    expect((await store.admit(before)).outcome).toMatch(/^(replayed|recovering)$/);
    expect(result).toMatchObject({ levels: [{ remaining: RATE.limit - 3 }] });
  },
);

it('answers unavailable while another script keeps the server busy, and goes on after it', async () => {
  const busy = server.command('EVAL', 'while true do end', 0).catch((error: Error) => error.message);
  await sleep(50);
  const sentMs = performance.now();
  const results = await Promise.all(Array.from({ length: 5 }, () => store.admit(freshAdmission([RATE]))));
  expect(performance.now() - sentMs).toBeLessThan(350);
  for (const { outcome } of results) expect(outcome).toBe('unavailable');
  await server.command('SCRIPT', 'KILL');
  expect(await busy).toMatch(/killed/);
  await waitUntil('an admission', 5_000, async () => {
    const { outcome } = await store.admit(freshAdmission([RATE]));
    return outcome === 'admitted' || undefined;
  });
});
