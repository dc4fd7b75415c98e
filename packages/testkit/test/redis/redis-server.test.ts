/** What the tests of the store rely on: a real server that stops, crashes and ends when it is told to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { type RedisOptions, type RedisServer, startRedis, waitUntil } from '../../src/redis/index.js';

async function start(options?: RedisOptions): Promise<RedisServer> {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server;
}

async function refusesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const refused = once(socket, 'connect').then(
    () => false,
    () => true,
  );
  return refused.finally(() => socket.destroy());
}

it('answers commands as text, and error replies with an error that names the server', async () => {
  const server = await start();
  expect(await server.command('SET', 'a', 1)).toBe('OK');
  expect(await server.command('MGET', 'a', 'none', 'a')).toBe('1\n\n1');
  expect(await server.reply('LRANGE', 'none', 0, 1)).toEqual([]);
  await expect(server.command('INCR', 'a', 'b')).rejects.toThrow(`127.0.0.1:${server.port} INCR: ERR wrong`);
});

it('persists nothing by default: an ordinary restart after a crash has lost everything, too', async () => {
  const server = await start();
  await server.command('SET', 'a', 1);
  const before = server.pid();
  await server.kill();
  expect(server.state).toBe('stopped');
  await expect(server.command('PING')).rejects.toThrow('ECONNREFUSED');
  await server.restart();
  expect(server.pid()).not.toBe(before);
  expect(await server.command('EXISTS', 'a')).toBe('0');
});

it('keeps through a crash what it was told to persist, and loses it in an empty restart', async () => {
  const server = await start({ config: { appendonly: 'yes', appendfsync: 'always' } });
  await server.command('SET', 'a', 1);
  await server.restart();
  expect(await server.command('GET', 'a')).toBe('1');
  await server.kill();
  await server.restart({ empty: true });
  expect(await server.command('EXISTS', 'a')).toBe('0');
  expect(await server.command('CONFIG', 'GET', 'appendonly')).toBe('appendonly\nyes');
});

it('gives no answer while it is paused: a command ends after a second, and is answered after the resume', async () => {
  const server = await start();
  await server.command('SET', 'a', 1);
  server.pause();
  expect(server.state).toBe('paused');
  const sentAt = performance.now();
  await expect(server.command('INCR', 'a')).rejects.toThrow('timed out');
  expect(performance.now() - sentAt).toBeLessThan(1500);
  server.resume();
  expect(server.state).toBe('running');
  // What stood in the socket meanwhile was executed: a pause is no loss.
  await waitUntil(
    'the queued command',
    1000,
    async () => (await server.command('GET', 'a')) === '2' || undefined,
  );
});

it('says what a server that does not come up has complained of', async () => {
  await expect(startRedis({ config: { 'no-such-option': 'x' } })).rejects.toThrow(
    /ended with 1; its last lines:[\s\S]*no-such-option x/,
  );
  const { port } = await start();
  await expect(startRedis({ port })).rejects.toThrow(/Address already in use/);
});

it('says in one line what to install where there is no redis-server', async () => {
  const { PATH } = process.env;
  onTestFinished(() => {
    process.env['PATH'] = PATH;
  });
  process.env['PATH'] = '/nowhere';
  await expect(startRedis()).rejects.toThrow(/^redis-server missing; install it with .+$/);
});

it.each(['running', 'paused', 'stopped'] as const)(
  'leaves nothing behind when it is stopped while %s',
  async (state) => {
    const server = await startRedis();
    if (state === 'paused') server.pause();
    if (state === 'stopped') await server.kill();
    await server.stop();
    expect(server.pid()).toBeUndefined();
    expect(await refusesConnections(server.port)).toBe(true);
    expect(existsSync(server.dir)).toBe(false);
    await server.stop();
  },
);

it.each([
  { end: 'is killed', how: 'process.kill(process.pid, "SIGKILL")' },
  { end: 'ends without stopping them', how: '' },
])('leaves nothing behind when the process that started servers $end', async ({ how }) => {
  const module = new URL('../../dist/redis/index.js', import.meta.url).href;
  const script = `
    const { startRedis } = await import(${JSON.stringify(module)});
    const servers = await Promise.all([startRedis(), startRedis()]);
    servers[1].pause();
    process.stdout.write(JSON.stringify(servers.map((s) => [s.port, s.dir, s.pid()])), () => { ${how} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await once(child, 'close');
  const servers: [port: number, dir: string, pid: number][] = JSON.parse(output);
  expect(servers).toHaveLength(2);
  for (const [port, dir, pid] of servers) {
    await waitUntil('its end', 2000, async () => (await refusesConnections(port)) || undefined);
    await waitUntil('the folder to go', 2000, () => !existsSync(dir) || undefined);
    await waitUntil('the process to go', 2000, () => !isAlive(pid) || undefined);
  }
});

/** A zombie, whom nobody has waited for yet, is not alive. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
