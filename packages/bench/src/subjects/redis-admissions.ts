/** Admissions on Redis: ours, one script that does the least, and what is put together from limiters that exist. */
import { hash, randomFillSync } from 'node:crypto';
import { redisStore } from '@countersign/redis';
import { acceptanceWindow, createClock } from '@countersign/server';
import { Ratelimit } from '@upstash/ratelimit';
import type { Redis as UpstashRedis } from '@upstash/redis';
import type { Redis, Result } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { Role } from '../results.js';
import { HOUR, MINUTE } from './limiters.js';

export interface Admissions {
  readonly name: string;
  readonly role: Role;
  readonly note?: string;
  /** One admission by this key with a nonce of its own; rejects when it was not admitted. */
  readonly admit: (key: string) => Promise<unknown>;
  readonly close?: () => unknown;
}

const WINDOW_MS = 300_000;
const SECOND = { policy: 'orders:write', limit: 10_000_000, windowMs: 1_000, cost: 1 };
const BUDGETS = [{ policy: '*', ...HOUR, cost: 1 }, { policy: 'orders', ...MINUTE, cost: 1 }, SECOND];

/** Claims the nonce, then charges one budget by GCRA. Nothing is checked about time, memory or who is master. */
const LEAST_SCRIPT = `
if not redis.call('SET', KEYS[1], '', 'NX', 'PX', ARGV[1]) then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local tat = math.max(tonumber(redis.call('GET', KEYS[2]) or now), now)
local interval = tonumber(ARGV[2])
if tat + interval - now > tonumber(ARGV[3]) then return -1 end
redis.call('SET', KEYS[2], string.format('%.6f', tat + interval), 'PX', ARGV[3])
return 1`;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    leastAdmission(
      nonce: string,
      budget: string,
      windowMs: number,
      intervalMs: number,
      budgetMs: number,
    ): Result<number, Context>;
  }
}

export function leastScript(redis: Redis): Admissions {
  redis.defineCommand('leastAdmission', { numberOfKeys: 2, lua: LEAST_SCRIPT });
  return {
    name: 'floor: a script with SET NX and one budget',
    role: 'floor',
    note: 'ioredis as it comes: a write for each command',
    admit: async (key) => {
      const nonce = `n:${key}:${crypto.randomUUID()}`;
      const interval = MINUTE.windowMs / MINUTE.limit;
      if ((await redis.leastAdmission(nonce, `b:${key}`, WINDOW_MS, interval, MINUTE.windowMs)) !== 1) {
        throw new Error('not admitted');
      }
    },
  };
}

const random = { bytes: Buffer.alloc(16_384), at: 16_384 };

/** A nonce as the verifier has it. Random bytes are fetched a thousand nonces at a time, as `crypto.randomUUID` does for the others. */
function nonceBytes(): Uint8Array {
  if (random.at === random.bytes.length) {
    randomFillSync(random.bytes);
    random.at = 0;
  }
  random.at += 16;
  return random.bytes.subarray(random.at - 16, random.at);
}

/** Resolves when the store serves. */
export async function countersignStore(redis: Redis, budgets: 1 | 3): Promise<Admissions> {
  const store = redisStore(redis, {
    prefix: `cs1-${budgets}`,
    fencing: 'warn',
    deposedWritesMs: 0,
    // How a busy machine keeps deadlines is not measured here.
    timeoutMs: 10_000,
    onWarning: () => {},
  });
  store.attach?.(acceptanceWindow(createClock(), { pastMs: WINDOW_MS, futureMs: 100 }));
  await store.ready();
  const charges = BUDGETS.slice(-budgets);
  return {
    name: `countersign, ${budgets} ${budgets === 1 ? 'budget' : 'budgets'}`,
    role: 'us',
    note: 'one script; horizon, window, replay, all budgets or none; sixteen commands a write',
    admit: async (key) => {
      const nonce = nonceBytes();
      const { outcome } = await store.admit({ key, owner: key, nonce, signedAtMs: Date.now(), charges });
      if (outcome !== 'admitted') throw new Error(outcome);
    },
    close: () => store.close?.(),
  };
}

export function setThenFlexible(redis: Redis): Admissions {
  const limiter = new RateLimiterRedis({ storeClient: redis, points: MINUTE.limit, duration: 60 });
  return {
    name: 'SET NX, then rate-limiter-flexible',
    role: 'peer',
    note: 'two round trips; one budget, fixed window',
    admit: async (key) => {
      await claim(redis, key);
      await limiter.consume(key);
    },
  };
}

/**
 * The algorithm of @upstash/ratelimit. Its client speaks HTTP and its scripts begin with a flag that Redis does not know:
 * this adapter takes that line off and keeps the scripts loaded.
 */
export function setThenUpstash(redis: Redis): Admissions {
  const loaded = new Map<string, string>();
  const evalsha = async (sha: string, keys: string[], args: unknown[]): Promise<unknown> => {
    const own = loaded.get(sha);
    if (own === undefined) throw new Error('NOSCRIPT');
    return redis.evalsha(own, keys.length, ...keys, ...args.map(String));
  };
  const adapter = {
    evalsha,
    eval: async (script: string, keys: string[], args: unknown[]): Promise<unknown> => {
      const sha = hash('sha1', script, 'hex');
      loaded.set(sha, String(await redis.script('LOAD', script.replace(/^#!lua.*\n/, ''))));
      return evalsha(sha, keys, args);
    },
  };
  const limiter = new Ratelimit({
    redis: adapter as Pick<UpstashRedis, 'eval' | 'evalsha'> as UpstashRedis,
    limiter: Ratelimit.slidingWindow(MINUTE.limit, '1 m'),
    ephemeralCache: false,
  });
  return {
    name: 'SET NX, then @upstash/ratelimit',
    role: 'peer',
    note: 'two round trips; one budget, sliding window; its script on this Redis',
    admit: async (key) => {
      await claim(redis, key);
      if (!(await limiter.limit(key)).success) throw new Error('limited');
    },
  };
}

async function claim(redis: Redis, key: string): Promise<void> {
  const claimed = await redis.set(`n:${key}:${crypto.randomUUID()}`, '', 'PX', WINDOW_MS, 'NX');
  if (claimed !== 'OK') throw new Error('replayed');
}
