/**
 * One connection to one Redis server: runs scripts there, and knows which server it is. A TCP connection ends with the
 * server's process, so an identity that was learned on it holds as long as it does. It routes nothing and retries
 * nothing but a script that the server does not have.
 */
import type { Redis } from 'ioredis';
import { REPLY } from '../script/bucket.js';
import type { Script } from '../scripts.js';
import { type Argument, type Reply, readReply, scriptCommand } from './wire.js';

export interface Link {
  readonly redis: Redis;
  /** Of the server at the other end, as the scripts have it; empty while it is not known. */
  readonly identity: () => string;
  /** Counts connections: what was learned on one says nothing on another. */
  readonly connection: () => number;
  /**
   * Runs a script on today's connection. Rejects when there is none, or when it ends before the answer.
   *
   * @param asking whether the server is asked for a slot that is on its way to it
   */
  readonly run: (script: Script, key: string, args: readonly Argument[], asking?: boolean) => Promise<Routed>;
}

/** An answer, and the connection that it came by. */
export interface Routed {
  readonly reply: Reply;
  readonly link: Link;
}

export interface LinkEvents {
  /** A reading of the server's clock, taken at some moment of the last `elapsedMs`. */
  readonly onTime: (serverMs: number, elapsedMs: number) => void;
  /** The connection leads to a server whose identity was not known. */
  readonly onServer: (redis: Redis) => void;
}

/** Options of every connection of ours: a command is sent once, on the connection that is there, or not at all. */
export const CONNECTION_OPTIONS = {
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  // With `null`, ioredis never settles what was under way when a connection closed.
  maxRetriesPerRequest: 0,
  // A connection that is given up is gone at once: its other end may not be there to close it.
  disconnectTimeout: 100,
  commandTimeout: undefined,
  stringNumbers: false,
  keyPrefix: '',
  connectTimeout: 2_000,
  reconnectOnError: null,
  replyMapping: 'legacy',
} as const;

/** A server that answers nothing for so long is given up: its connection may be half dead. */
const SILENCE_MS = 1_000;
/** Silence is counted in ticks: a process that was too busy to read has one, however long that was. */
const TICK_MS = 100;
/** While nobody is the master, one is not asked for more often than this. */
const LEAVE_AGAIN_MS = 250;
/** More commands than this are not left waiting for a server that is silent. */
const MAX_WAITING = 20_000;
/** Commands in one write: so many that it costs little, so few that the server has something to do meanwhile. */
const AT_ONCE = 16;
/** Errors of a server that was a master and is none, or must not act as one: somebody else may be by now. */
const DEPOSED = /^(READONLY|NOREPLICAS|MASTERDOWN)\b/;

export function createLink(redis: Redis, { onTime, onServer }: LinkEvents): Link {
  let connection = 0;
  let identity = '';
  let waiting = 0;
  let silentMs = 0;
  let ticking: ReturnType<typeof setInterval> | undefined;
  let left = -1;
  let leftMs = Number.NEGATIVE_INFINITY;
  let opening: Promise<void> | undefined;
  let gathering: Redis['stream'] | undefined;
  let gathered = 0;
  redis.on('close', () => {
    connection += 1;
    identity = '';
  });

  /** Once a connection, and only if there is one: ioredis gives up for good when it is told so while it asks sentinels. */
  const leave = (): void => {
    if (left === connection || (redis.status !== 'ready' && redis.status !== 'connect')) return;
    if (performance.now() - leftMs < LEAVE_AGAIN_MS) return;
    left = connection;
    leftMs = performance.now();
    redis.disconnect(true);
  };
  const tick = (): void => {
    if (waiting === 0 && redis.status !== 'connect') {
      clearInterval(ticking);
      ticking = undefined;
    } else {
      silentMs += TICK_MS;
      if (silentMs >= SILENCE_MS) leave();
    }
  };
  const listen = (): void => {
    if (ticking !== undefined) return;
    silentMs = 0;
    ticking = setInterval(tick, TICK_MS);
    ticking.unref();
  };
  redis.on('connect', () => {
    silentMs = 0;
    listen();
  });
  /** However many wait for a connection, they wait together. */
  const open = (): Promise<void> => {
    opening ??= connected(redis).finally(() => {
      opening = undefined;
    });
    return opening;
  };
  /** Lets commands that are sent in one turn of the event loop leave together: a write costs more than a command. */
  const gather = (): void => {
    const { stream } = redis;
    if (gathering !== stream) {
      gathering = stream;
      gathered = 0;
      stream.cork();
      setImmediate(() => {
        stream.uncork();
        if (gathering === stream) gathering = undefined;
      });
    } else if (gathered % AT_ONCE === 0) {
      stream.uncork();
      stream.cork();
    }
    gathered += 1;
  };
  const send = async (
    script: Script,
    key: string,
    args: readonly Argument[],
    asking: boolean,
  ): Promise<Reply> => {
    const sentMs = performance.now();
    const ask = (name: 'evalsha' | 'eval'): unknown => {
      if (asking) redis.asking().catch(() => {});
      return redis.sendCommand(scriptCommand(name, script, key, identity, args));
    };
    waiting += 1;
    listen();
    gather();
    try {
      let answer: unknown;
      try {
        answer = await ask('evalsha');
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        answer = await ask('eval');
      }
      const reply = readReply(answer);
      if (reply === undefined)
        throw new Error(`${address(redis)} gave an answer that is no script's of ours`);
      onTime(reply[1], performance.now() - sentMs);
      return reply;
    } finally {
      waiting -= 1;
      silentMs = 0;
    }
  };

  const link: Link = {
    redis,
    identity: () => identity,
    connection: () => connection,
    run: async (script, key, args, asking = false) => {
      if (silentMs >= SILENCE_MS) {
        throw new Error(`${address(redis)} has been silent for ${SILENCE_MS} ms`);
      }
      if (waiting >= MAX_WAITING) throw new Error(`${address(redis)} leaves ${waiting} commands waiting`);
      if (redis.status !== 'ready') await open();
      const before = connection;
      try {
        let reply = await send(script, key, args, asking);
        if (reply[0] === REPLY.otherServer && connection === before) {
          identity = String(reply[2]);
          onServer(redis);
          reply = await send(script, key, args, asking);
        }
        return { reply, link };
      } catch (error) {
        if (error instanceof Error && DEPOSED.test(error.message) && connection === before) leave();
        throw error;
      }
    },
  };
  return link;
}

/** Host and port, for messages. */
export function address(redis: Redis): string {
  return `Redis at ${redis.options.host ?? 'localhost'}:${redis.options.port ?? 6379}`;
}

/** Waits for a connection that is being made; rejects at once when none is. */
export async function connected(redis: Redis): Promise<void> {
  switch (redis.status) {
    case 'ready':
      return;
    case 'wait':
      return redis.connect();
    case 'connecting':
    case 'connect':
      return new Promise((resolve, reject) => {
        const settle = (error?: Error): void => {
          redis.off('ready', settle);
          redis.off('close', failed);
          redis.off('end', failed);
          if (error === undefined) resolve();
          else reject(error);
        };
        const failed = (): void => settle(new Error(`${address(redis)}: the connection failed`));
        redis.once('ready', settle);
        redis.once('close', failed);
        // Alone where it was closed while sentinels were asked.
        redis.once('end', failed);
      });
    default:
      throw new Error(`${address(redis)}: no connection (${redis.status})`);
  }
}
