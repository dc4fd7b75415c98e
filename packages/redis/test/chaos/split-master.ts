/**
 * Cuts a master off from its sentinels, its replicas and all processes but one, as a broken network does, by its access
 * list. It goes on as a master, and takes writes until it finds out that its replicas are silent.
 */
import { connect, type Socket } from 'node:net';
import { type RedisServer, waitUntil } from '@countersign/testkit/redis';
import { Redis } from 'ioredis';

/** The users of the processes: only the first keeps its way to the old master. */
export const USERS = ['process-0', 'process-1', 'process-2', 'process-3'] as const;
const ADMIN = USERS[0];

export interface Split {
  /** From now on nothing says any more that a replica is there: the master stops when it has missed it for its lag. */
  readonly endFence: () => void;
  /** Waits until the old master refuses writes. */
  readonly untilFenced: (timeoutMs: number) => Promise<void>;
  /** Lets everybody in again, so that the sentinels make it a replica. */
  readonly heal: () => Promise<void>;
  readonly close: () => void;
}

export async function splitFromSentinels(master: RedisServer): Promise<Split> {
  const admin = new Redis({ host: master.host, port: master.port, username: ADMIN, password: ADMIN });
  admin.on('error', () => {});
  const silent = await silentReplica(master);
  // Sentinels and replicas come without a name.
  for (const user of ['default', ...USERS.slice(1)]) {
    await admin.call('ACL', 'SETUSER', user, 'off');
    for (const type of ['normal', 'pubsub']) await admin.call('CLIENT', 'KILL', 'USER', user, 'TYPE', type);
  }
  await silent.cutOthers(admin);
  return {
    endFence: silent.fallSilent,
    untilFenced: async (timeoutMs) => {
      await waitUntil('the old master to refuse writes', timeoutMs, async () =>
        admin.call('SET', 'probe', '1', 'PX', '1').then(
          () => undefined,
          () => true,
        ),
      );
    },
    heal: async () => {
      for (const user of ['default', ...USERS.slice(1)]) await admin.call('ACL', 'SETUSER', user, 'on');
    },
    close: () => {
      admin.disconnect();
      silent.socket.destroy();
    },
  };
}

interface SilentReplica {
  readonly socket: Socket;
  readonly fallSilent: () => void;
  /** Ends the links of all other replicas. */
  readonly cutOthers: (admin: Redis) => Promise<void>;
}

/**
 * The link of a replica that is gone for everybody but the master: it takes what comes, and says that it did, until it
 * falls silent without being closed, as a link in a broken network.
 */
async function silentReplica({ host, port, command }: RedisServer): Promise<SilentReplica> {
  const before = await links(command);
  const socket = connect({ host, port });
  socket.on('error', () => {});
  // One at a time: the master takes no PSYNC with an answer outstanding.
  const greeting = ['REPLCONF listening-port 1', 'REPLCONF capa eof capa psync2', 'PSYNC ? -1'].values();
  const greet = (): void => {
    const { value, done } = greeting.next();
    if (!done) socket.write(`${value}\r\n`);
  };
  socket.on('connect', greet);
  socket.on('data', greet);
  const timer = setInterval(() => socket.write('REPLCONF ACK 1\r\n'), 100);
  const fallSilent = (): void => clearInterval(timer);
  socket.on('close', fallSilent);
  await waitUntil('a replica that counts', 5_000, async () => {
    const info = await command('INFO', 'replication');
    return info.includes('port=1,state=online') || undefined;
  });
  return {
    socket,
    fallSilent,
    cutOthers: async (admin) => {
      for (const id of before) await admin.call('CLIENT', 'KILL', 'ID', id);
    },
  };
}

/** The ids of the replicas' connections. */
async function links(command: RedisServer['command']): Promise<string[]> {
  const list = await command('CLIENT', 'LIST', 'TYPE', 'replica');
  return [...list.matchAll(/^id=(\d+)/gm)].map(([, id = '']) => id);
}
