/** What a store finds at its start: servers that may forget, masters that may go on, users who may not ask. */
import { type RedisServer, startRedis, waitUntil } from '@countersign/testkit/redis';
import { afterAll, expect, it } from 'vitest';
import type { RedisStoreOptions } from '../src/index.js';
import { freshAdmission, type Login, openStore } from './open-store.js';

const [alone, master, replica] = await Promise.all([
  startRedis(),
  startRedis({ config: { 'repl-diskless-sync-delay': '0' } }),
  startRedis(),
]);
afterAll(() => Promise.all([alone.stop(), master.stop(), replica.stop()]));
await replica.command('REPLICAOF', master.host, master.port);
await waitUntil('a replica', 10_000, async () => {
  const info = await master.command('INFO', 'replication');
  return info.includes('state=online') || undefined;
});

interface Start {
  /** Why it is not ready; undefined when it is. */
  readonly refused: string | undefined;
  readonly warnings: readonly string[];
  /** What a request is told, a little later. */
  readonly outcome: string;
  readonly reason: string;
}

async function start(
  server: RedisServer,
  options: RedisStoreOptions = {},
  login: Login = {},
): Promise<Start> {
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message);
  const store = openStore(server.port, { onWarning, ...options }, login);
  try {
    const refused = await store.ready().then(
      () => undefined,
      (error: Error) => error.message,
    );
    const result = await store.admit(freshAdmission());
    const reason = result.outcome === 'unavailable' ? result.reason : '';
    return { refused, warnings, outcome: result.outcome, reason };
  } finally {
    await store.close();
  }
}

async function userWithout(server: RedisServer, ...commands: readonly string[]): Promise<Login> {
  const username = `without-${commands.join('-')}`;
  const denied = commands.map((command) => `-${command}`);
  await server.command('ACL', 'SETUSER', username, 'on', '>secret', '~*', '&*', '+@all', ...denied);
  return { username, password: 'secret' };
}

it('serves on a server that keeps what it has', async () => {
  const { refused, outcome } = await start(alone);
  expect(refused).toBeUndefined();
  // New to it: what was signed until now may have been admitted before.
  expect(outcome).toMatch(/^(admitted|recovering)$/);
});

it.each(['allkeys-lru', 'volatile-ttl', 'allkeys-random', 'volatile-lfu'])(
  'refuses a server that evicts by %s, and says what to set',
  async (policy) => {
    await alone.command('CONFIG', 'SET', 'maxmemory-policy', policy);
    const { refused, outcome, reason, warnings } = await start(alone);
    await alone.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    expect(refused).toContain(policy);
    expect(refused).toContain('CONFIG SET maxmemory-policy noeviction');
    expect(outcome).toBe('unavailable');
    expect(reason).toBe(refused);
    expect(warnings.join('\n')).toContain(policy);
  },
);

it('serves as soon as what it found wrong is put right, without being made anew', async () => {
  await alone.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  const store = openStore(alone.port);
  await expect(store.ready()).rejects.toThrow('maxmemory-policy');
  await alone.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  await waitUntil('the store to serve', 3_000, async () => {
    const { outcome } = await store.admit(freshAdmission());
    return outcome === 'admitted' || undefined;
  });
  await expect(store.ready()).resolves.toBeUndefined();
  await store.close();
});

it('refuses a master whose replica could take over while it goes on writing, or warns, as the operator chose', async () => {
  const required = await start(master);
  expect(required.refused).toContain('CONFIG SET min-replicas-to-write 1');
  expect(required.refused).toContain('min-replicas-max-lag');
  expect(required).toMatchObject({ outcome: 'unavailable', reason: required.refused });

  const warned = await start(master, { fencing: 'warn' });
  expect(warned.refused).toBeUndefined();
  expect(warned.warnings.join('\n')).toContain('CONFIG SET min-replicas-to-write 1');
  expect(warned.outcome).toBe('recovering');

  await master.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
  const fenced = await start(master);
  await master.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
  expect(fenced.refused).toBeUndefined();
  expect(fenced.warnings.join('\n')).not.toContain('min-replicas');
});

it('a user without CONFIG is served where he says how long a deposed master may go on', async () => {
  const login = await userWithout(master, 'config');
  const required = await start(master, {}, login);
  expect(required.refused).toContain('deposedWritesMs');
  expect(required.outcome).toBe('unavailable');
  const warned = await start(master, { fencing: 'warn' }, login);
  expect(warned.refused).toBeUndefined();
  expect(warned.warnings.join('\n')).toContain('deposedWritesMs');
  const told = await start(master, { deposedWritesMs: 12_000 }, login);
  expect(told.refused).toBeUndefined();
  expect(told.warnings.join('\n')).not.toContain('deposedWritesMs');
  expect(told.outcome).toMatch(/^(admitted|recovering)$/);
});

it('a user without INFO is told so, for without it nobody knows one server from another', async () => {
  const login = await userWithout(alone, 'info');
  const { refused, outcome, reason, warnings } = await start(alone, { deposedWritesMs: 0 }, login);
  expect(refused).toBeDefined();
  expect(outcome).toBe('unavailable');
  expect(reason).toMatch(/INFO.*\+info/);
  expect(warnings.join('\n')).toContain('maxmemory-policy');
});

it('a server that is not there rejects ready, and refuses nobody for good', async () => {
  const gone = await startRedis();
  await gone.kill();
  const store = openStore(gone.port);
  await expect(store.ready()).rejects.toThrow(/Redis|ECONNREFUSED|closed/);
  await gone.restart();
  await waitUntil('the store to serve', 5_000, async () => {
    const { outcome } = await store.admit(freshAdmission());
    return outcome === 'admitted' || undefined;
  });
  await store.close();
  await gone.stop();
});
