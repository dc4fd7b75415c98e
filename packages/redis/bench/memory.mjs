/**
 * Measures what a nonce costs in Redis: `node packages/redis/bench/memory.mjs`. It starts a redis-server of its own,
 * runs the built package's admission script in pipelines, with a time that it makes itself so that admissions lie in
 * their window as they would, and prints how much `used_memory` has grown for each nonce that is alive: buckets,
 * records and budgets included. `--json NONCES` prints the cases that the tests hold to their limit, and only those.
 */
import { randomFillSync } from 'node:crypto';
import { startRedis } from '@countersign/testkit/redis';
import { Redis } from 'ioredis';
import { admitArguments } from '../dist/admit-arguments.js';
import { bucketIndex, createBuckets } from '../dist/bucket-names.js';
import { readReply } from '../dist/link/wire.js';
import { REPLY } from '../dist/script/bucket.js';
import { compileScripts } from '../dist/scripts.js';

const START_MS = 1_763_750_000_000;
/** The verifier's default tolerance. */
const [PAST_MS, FUTURE_MS] = [300_000, 10_000];
const PIPELINE = 500;
const MAX_NONCES = 2 ** 28;
const BUDGETS = [
  { policy: '*', limit: 10_000_000, windowMs: 3_600_000, cost: 1 },
  { policy: 'orders', limit: 1_000_000, windowMs: 60_000, cost: 1 },
  { policy: 'orders:write', limit: 1_000, windowMs: 1_000, cost: 1 },
];

const scripts = compileScripts({
  pastMs: PAST_MS,
  futureMs: FUTURE_MS,
  deposedMs: 0,
  maxNonces: MAX_NONCES,
  maxBudgetsPerOwner: 1_000,
  injectedTime: true,
});
const buckets = createBuckets('cs1');

/** Bytes for each live nonce. `windows`: for how many times `pastMs` admissions have been coming, evenly. */
async function bytesPerNonce({ keys, nonces, charges = [], windows = 1 }) {
  const server = await startRedis();
  try {
    const before = await usedMemory(server);
    const redis = new Redis({ host: server.host, port: server.port });
    await redis.script('LOAD', scripts.admit.text);
    const identity = await touchAll(redis);
    const total = nonces * windows;
    const names = Array.from({ length: keys }, (_, id) => `key_${id}`);
    const homes = names.map((name) => buckets[bucketIndex(name, buckets.length)].key);
    let running;
    for (let from = 0; from < total; from += PIPELINE) {
      const pipeline = redis.pipeline();
      for (let count = from; count < Math.min(from + PIPELINE, total); count++) {
        const nowMs = START_MS + Math.floor((count * PAST_MS) / nonces);
        const key = names[count % keys];
        const nonce = randomFillSync(new Uint8Array(16));
        const args = admitArguments({ key, owner: key, nonce, signedAtMs: nowMs, charges }, 0, true);
        pipeline.evalshaBuffer(scripts.admit.sha, 1, homes[count % keys], identity, ...args, nowMs, nowMs);
      }
      // The next pipeline is made while the server works on this one.
      const answered = pipeline.exec().then(requireAdmitted);
      await running;
      running = answered;
    }
    await running;
    redis.disconnect();
    return ((await usedMemory(server)) - before) / nonces;
  } finally {
    await server.stop();
  }
}

function requireAdmitted(answers) {
  for (const [error, reply] of answers) {
    if (error) throw error;
    if (readReply(reply)?.[0] !== REPLY.admitted) throw new Error(`the script answered ${reply}`);
  }
}

/** As a store does at its start, but long ago, so that no horizon is in the way. Returns the server's identity. */
async function touchAll(redis) {
  let identity = '';
  for (const { key } of buckets) {
    const touch = () => redis.eval(scripts.touch.text, 1, key, identity, '', START_MS - 60_000, 0);
    const reply = await touch();
    if (reply[0] !== REPLY.otherServer) continue;
    identity = reply[2];
    await touch();
  }
  return identity;
}

/** When the connection that brought the load is gone, with its buffers. */
async function usedMemory(server) {
  for (let last = Number.NaN; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const bytes = Number(/^used_memory:(\d+)/m.exec(await server.command('INFO', 'memory'))[1]);
    if (Math.abs(bytes - last) < 10_000) return bytes;
    last = bytes;
  }
}

if (process.argv.includes('--json')) {
  const nonces = Number(process.argv.at(-1));
  const [oneKey, thousandKeys] = [
    await bytesPerNonce({ keys: 1, nonces }),
    await bytesPerNonce({ keys: 1_000, nonces }),
  ];
  console.log(JSON.stringify({ oneKey, thousandKeys }));
} else {
  const cases = {
    '200,000 of 1 key': { keys: 1, nonces: 200_000 },
    '200,000 of 1,000 keys': { keys: 1_000, nonces: 200_000 },
    '200,000 of 1 key, three budgets': { keys: 1, nonces: 200_000, charges: BUDGETS },
    '200,000 of 1,000 keys, three budgets each': { keys: 1_000, nonces: 200_000, charges: BUDGETS },
    '200,000 of 1 key, after three windows': { keys: 1, nonces: 200_000, windows: 3 },
    '200,000 of 1,000 keys, after three windows': { keys: 1_000, nonces: 200_000, windows: 3 },
    '1,000,000 of 1 key': { keys: 1, nonces: 1_000_000 },
    '100,000 of 100,000 keys': { keys: 100_000, nonces: 100_000 },
  };
  for (const [label, options] of Object.entries(cases)) {
    console.log(`${label.padEnd(44)} ${(await bytesPerNonce(options)).toFixed(1)} bytes a nonce`);
  }
}
