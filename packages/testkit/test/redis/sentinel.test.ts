/** A real master with replicas and sentinels for the store's tests, which fail over by command and by crash. */
import { expect, it, onTestFinished } from 'vitest';
import { startSentinel } from '../../src/redis/index.js';

it('has another master after a failover, with the same data, and another one when that is killed', async () => {
  const group = await startSentinel({ replicas: 2 });
  onTestFinished(() => group.stop());
  expect(group.sentinels).toHaveLength(3);
  const first = await group.master();
  expect(first).toBe(group.servers[0]);
  expect(await first.command('INFO', 'replication')).toContain('connected_slaves:2\r\n');
  await first.command('SET', 'a', 1);

  await group.failover();
  const second = await group.master();
  expect(second).not.toBe(first);
  expect(await second.command('GET', 'a')).toBe('1');
  expect(await second.command('INFO', 'replication')).toContain('connected_slaves:2\r\n');
  await expect(first.command('SET', 'a', 2)).rejects.toThrow('READONLY');

  await second.kill();
  const third = await group.untilMaster((server) => server !== second, 20_000);
  expect(third).not.toBe(second);
  expect(await third.command('GET', 'a')).toBe('1');
});
