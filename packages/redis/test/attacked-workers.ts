/** A service under attack whose processes share a Redis: each has a verifier and a store of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createVerifier, type KeyConfig, keyring, type Limits, type RefusalCode } from '@countersign/server';
import { type SignedHead, signHead, TEST_AUDIENCE, TEST_SECRET } from '@countersign/testkit';
import type { RedisServer } from '@countersign/testkit/redis';
import { Redis } from 'ioredis';
import { type RedisStore, type RedisStoreOptions, redisStore } from '../src/index.js';

export const TOLERANCE = { pastMs: 20_000, futureMs: 100 };
export const KEY: KeyConfig = { secret: TEST_SECRET, scopes: ['orders'] };
export const LIMIT = 10;
const LIMITS: Limits = { orders: `${LIMIT}/m` };
export type Outcome = RefusalCode | 'admitted';

export interface WorkerOptions extends RedisStoreOptions {
  readonly server: RedisServer;
  readonly limits?: Limits;
  readonly keys?: Readonly<Record<string, KeyConfig>>;
}

export interface Worker {
  readonly outcome: (head: SignedHead, scope?: string) => Promise<Outcome>;
  /** Ends the process: it undoes nothing any more. */
  readonly close: () => Promise<void>;
}

/** Unless a test is about the deadline: a machine that is busy is no fault. */
const PATIENT_MS = 5_000;
const open: RedisStore[] = [];
let prefixes = 0;

/** Closes the stores of all workers. */
export async function closeWorkers(): Promise<void> {
  await Promise.all(open.splice(0).map((store) => store.close()));
}

/** A process, ready. */
export async function worker(options: WorkerOptions): Promise<Worker> {
  const { server, limits = LIMITS, keys = { key_1: KEY }, timeoutMs = PATIENT_MS, ...storeOptions } = options;
  const redis = new Redis({ host: server.host, port: server.port, lazyConnect: true });
  const store = redisStore(redis, { timeoutMs, onWarning: () => {}, ...storeOptions });
  open.push(store);
  const verifier = createVerifier({
    keys: keyring(keys),
    audience: TEST_AUDIENCE,
    store,
    limits,
    tolerance: TOLERANCE,
    storeTimeoutMs: timeoutMs,
  });
  await store.ready();
  return {
    close: store.close,
    outcome: async (head, scope = 'orders') => {
      const verdict = await verifier.verify(head, { scope, body: head.body });
      return verdict.ok ? 'admitted' : verdict.code;
    },
  };
}

/** Processes of one service, past the horizon of buckets that are new. */
export async function workers(
  count: number,
  options: WorkerOptions,
): Promise<{ prefix: string; outcomes: Worker['outcome'][] }> {
  const prefix = `a${prefixes++}`;
  const all = await Promise.all(Array.from({ length: count }, () => worker({ prefix, ...options })));
  await sleep(TOLERANCE.futureMs + 2);
  return { prefix, outcomes: all.map(({ outcome }) => outcome) };
}

/** Signed now. */
export const sign = (keyId = 'key_1'): SignedHead => signHead({ signedAtMs: Date.now(), keyId });
