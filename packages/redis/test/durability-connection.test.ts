/** The connection on which replicas are waited for is given up when it is of no use any more. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type RedisServer, startRedis, waitUntil } from '@countersign/testkit/redis';
import { afterAll, expect, it } from 'vitest';
import { freshAdmission, openReadyStore } from './open-store.js';

/** Passes each connection on to the server that is the target when it is made. */
interface Wire {
  readonly port: number;
  target: number;
  /** The connections that carried this word. */
  readonly carrying: (word: string) => readonly { readonly client: Socket; silent: boolean }[];
  readonly close: () => void;
}

async function switchingWire(target: number): Promise<Wire> {
  const links: { client: Socket; silent: boolean; said: string }[] = [];
  const server = createServer((client) => {
    const upstream = connect(wire.target, '127.0.0.1');
    const link = { client, silent: false, said: '' };
    links.push(link);
    client.on('data', (piece) => {
      link.said += piece.toString('latin1').toLowerCase();
      if (!link.silent) upstream.write(piece);
    });
    upstream.on('data', (piece) => link.silent || client.write(piece));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const wire: Wire = {
    port: address.port,
    target,
    carrying: (word) => links.filter(({ said, client }) => said.includes(word) && !client.destroyed),
    close: () => {
      for (const { client } of links) client.destroy();
      server.close();
    },
  };
  return wire;
}

async function withReplica(): Promise<readonly [RedisServer, RedisServer]> {
  const [master, replica] = await Promise.all([
    startRedis({ config: { 'repl-diskless-sync-delay': '0' } }),
    startRedis(),
  ]);
  await replica.command('REPLICAOF', master.host, master.port);
  await waitUntil('a replica', 10_000, async () => {
    const info = await master.command('INFO', 'replication');
    return info.includes('state=online') || undefined;
  });
  return [master, replica];
}

const [first, second] = await Promise.all([withReplica(), withReplica()]);
afterAll(() => Promise.all([...first, ...second].map((server) => server.stop())));

const OPTIONS = { timeoutMs: 1_000, deposedWritesMs: 0, durability: { replicas: 1, timeoutMs: 300 } };
const COMES_BACK_MS = 5_000;

it('L12 a connection for WAIT whose other end is silent is given up, and admissions count again', async () => {
  const wire = await switchingWire(first[0].port);
  const store = await openReadyStore(wire.port, { ...OPTIONS, prefix: 'silent' });
  await waitUntil('an admission', COMES_BACK_MS, async () => {
    return (await store.admit(freshAdmission())).outcome === 'admitted' || undefined;
  });
  for (const link of wire.carrying('\r\nwait\r\n')) link.silent = true;
  expect(await store.admit(freshAdmission())).toMatchObject({ outcome: 'unavailable' });
  await waitUntil('an admission', COMES_BACK_MS, async () => {
    return (await store.admit(freshAdmission())).outcome === 'admitted' || undefined;
  });
  await store.close();
  wire.close();
});

it('L12 a connection for WAIT that leads to another server than the scripts is made anew', async () => {
  const wire = await switchingWire(first[0].port);
  const store = await openReadyStore(wire.port, { ...OPTIONS, prefix: 'moved' });
  await waitUntil('an admission', COMES_BACK_MS, async () => {
    return (await store.admit(freshAdmission())).outcome === 'admitted' || undefined;
  });
  // The scripts' connection moves on; the other goes on with a server that is well, and has its replica.
  wire.target = second[0].port;
  for (const { client } of wire.carrying('evalsha')) client.destroy();
  await waitUntil('an admission', COMES_BACK_MS, async () => {
    return (await store.admit(freshAdmission())).outcome === 'admitted' || undefined;
  });
  await store.close();
  wire.close();
});
