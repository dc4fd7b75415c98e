/** A public store on a real server, with a small tolerance, and requests for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admission, acceptanceWindow, type Charge, createClock } from '@countersign/server';
import { Redis } from 'ioredis';
import { type RedisStore, type RedisStoreOptions, redisStore } from '../src/index.js';

export const TOLERANCE = { pastMs: 20_000, futureMs: 50 };

/** As whom the store comes. */
export interface Login {
  readonly username?: string;
  readonly password?: string;
}

/** Attached, but perhaps not ready. */
export function openStore(
  port: number,
  options: RedisStoreOptions = {},
  redisOptions: Login = {},
): RedisStore {
  const redis = new Redis({ ...redisOptions, host: '127.0.0.1', port, lazyConnect: true });
  const store = redisStore(redis, { onWarning: () => {}, ...options });
  store.attach(acceptanceWindow(createClock(), TOLERANCE));
  return store;
}

/** Ready, and past the horizon of a server that is new. */
export async function openReadyStore(
  port: number,
  options: RedisStoreOptions = {},
  redisOptions: Login = {},
): Promise<RedisStore> {
  const store = openStore(port, options, redisOptions);
  await store.ready();
  await sleep(TOLERANCE.futureMs + 2);
  return store;
}

/** Signed now, with a nonce of its own. */
export function freshAdmission(charges: readonly Charge[] = [], key = 'key'): Admission {
  return {
    key,
    owner: key,
    nonce: crypto.getRandomValues(new Uint8Array(16)),
    signedAtMs: Date.now(),
    charges,
  };
}
