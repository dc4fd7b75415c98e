/** Whether replicas have what their master has, and how they come not to have it. */
import type { RedisServer } from './redis-server.js';
import { waitUntil } from './wait-until.js';

/**
 * Waits until every replica follows this master and gets what is written to it. A link that is up may still hold the
 * first writes back for a second; therefore something is written, and must come through.
 *
 * @param write a command that is passed on to replicas and does no harm
 */
export async function untilFollowed(
  master: RedisServer,
  replicas: readonly RedisServer[],
  write: readonly string[],
  timeoutMs: number,
): Promise<void> {
  const untilAll = (link: (info: Readonly<Record<string, string>>) => boolean): Promise<true> =>
    waitUntil(`the replicas of ${master.port} in sync`, timeoutMs, async () => {
      const links = await Promise.all(replicas.map(replication));
      return links.every(link) || undefined;
    });
  await untilAll(
    (info) => info['master_port'] === String(master.port) && info['master_link_status'] === 'up',
  );
  await master.command(...write);
  const written = Number((await replication(master))['master_repl_offset']);
  await untilAll((info) => Number(info['slave_repl_offset']) >= written);
}

/**
 * Pauses a replica and cuts its link at the master, so that whatever is written from now on is lost if it takes over. A
 * pause alone loses nothing: what was written meanwhile waits in the socket until the replica is resumed, even when its
 * master is dead by then.
 */
export async function cutOffReplica(replica: RedisServer, master: RedisServer): Promise<void> {
  replica.pause();
  await master.command('CLIENT', 'KILL', 'TYPE', 'REPLICA');
}

async function replication(server: RedisServer): Promise<Readonly<Record<string, string>>> {
  const lines = (await server.command('INFO', 'replication')).split('\r\n');
  return Object.fromEntries(lines.map((line) => line.split(':')));
}
