/**
 * Waits until replicas have what was admitted. WAIT holds up the connection that it is sent on, so it has one of its
 * own; and one WAIT answers for everything that was written before it, so there is one at a time.
 */
import type { Redis } from 'ioredis';
import { CONNECTION_OPTIONS } from './link/link.js';
import type { Durability } from './redis-store-options.js';

export interface Replication {
  /** Whether enough replicas have everything that was written to this server up to now. Never rejects. */
  readonly confirm: () => Promise<boolean>;
  readonly close: () => void;
}

export function createReplication(redis: Redis, { replicas, timeoutMs }: Durability): Replication {
  const own = redis.duplicate({ ...CONNECTION_OPTIONS, enableOfflineQueue: false, lazyConnect: false });
  own.on('error', () => {});
  let running: Promise<boolean> | undefined;
  let next: Promise<boolean> | undefined;

  const wait = async (): Promise<boolean> => {
    try {
      // WAIT waits for what this connection has seen written, and any command makes it see all of it.
      const [, reached] = await Promise.all([own.ping(), own.wait(replicas, timeoutMs)]);
      return reached >= replicas;
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
