/**
 * Waits until replicas have what was admitted. WAIT holds up the connection that it is sent on, so it has one of its
 * own; and one WAIT answers for everything that was written before it, so there is one at a time.
 */
import { CONNECTION_OPTIONS, connected, type Link } from './link/link.js';
import type { Durability } from './redis-store-options.js';
import { RUN_DIGITS } from './script/bucket.js';

const MAX_PAUSE_MS = 100;
/** A server that answers so much later than it was asked to is given up. */
const SILENCE_MS = 1_000;

export interface Replication {
  /** Whether enough replicas have everything that was written to this server up to now. Never rejects. */
  readonly confirm: () => Promise<boolean>;
  readonly close: () => void;
}

export function createReplication(link: Link, { replicas, timeoutMs }: Durability): Replication {
  const own = link.redis.duplicate({
    ...CONNECTION_OPTIONS,
    enableOfflineQueue: false,
    lazyConnect: false,
    retryStrategy: (attempt: number) => Math.min(attempt * 10, MAX_PAUSE_MS),
  });
  own.on('error', () => {});
  let running: Promise<boolean> | undefined;
  let next: Promise<boolean> | undefined;

  const wait = async (): Promise<boolean> => {
    try {
      await connected(own);
      // WAIT waits for what was written before this connection's last command, whoever wrote it; and the two
      // connections may lead to different servers while one takes over from another.
      const silent = setTimeout(() => own.disconnect(true), timeoutMs + SILENCE_MS).unref();
      const [server, reached] = await Promise.all([
        own.info('server'),
        own.wait(replicas, timeoutMs),
      ]).finally(() => clearTimeout(silent));
      const run = /^run_id:(\w+)/m.exec(server)?.[1] ?? 'unknown';
      const same = link.identity().startsWith(run.slice(0, RUN_DIGITS));
      // The sentinels are asked again: this one may have been deposed, and never say so.
      if (!same) own.disconnect(true);
      return same && reached >= replicas;
    } catch {
      return false;
    }
  };
  const start = (): Promise<boolean> => {
    const answer = wait();
    running = answer;
    void answer.then(() => {
      if (running === answer) running = undefined;
    });
    return answer;
  };
  return {
    confirm: () => {
      if (running === undefined) return start();
      next ??= running.then(() => {
        next = undefined;
        return start();
      });
      return next;
    },
    close: () => own.disconnect(),
  };
}
