/**
 * Measures what an admission costs: `node packages/redis/bench/throughput.mjs`. It starts a redis-server of its own and
 * worker processes that call `redisStore().admit` of the built package, a fixed number of calls at a time, and prints
 * medians of several rounds: admissions a second, Redis's CPU for each, bytes on the wire for each, to and from it and to a
 * replica, and how long a call took. Everything runs on one machine, so the load takes its share of the cores. It judges nothing.
 */
import { fork } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { redisStore } from '@countersign/redis';
import { acceptanceWindow, createClock } from '@countersign/server';
import { startRedis, waitUntil } from '@countersign/testkit/redis';
import { Redis } from 'ioredis';

const TOLERANCE = { pastMs: 300_000, futureMs: 100 };
const ROUNDS = 5;
const ROUND_MS = 2_000;
const KEYS = 1_000;
const BUDGETS = [
  { policy: '*', limit: 10_000_000, windowMs: 3_600_000, cost: 1 },
  { policy: 'orders', limit: 1_000_000, windowMs: 60_000, cost: 1 },
  { policy: 'orders:write', limit: 100_000, windowMs: 1_000, cost: 1 },
];

if (process.argv[2] === 'worker') await work(Number(process.argv[3]));
else await measureAll();

/** Runs a round for each message, and answers with what came of it. */
async function work(port) {
  const store = redisStore(new Redis({ port, lazyConnect: true }), {
    fencing: 'warn',
    deposedWritesMs: 0,
    onWarning: () => {},
  });
  store.attach(acceptanceWindow(createClock(), TOLERANCE));
  await store.ready();
  process.on('message', async ({ budgets, width, keys }) => {
    const charges = BUDGETS.slice(0, budgets);
    const tookMs = [];
    let others = 0;
    const untilMs = performance.now() + ROUND_MS;
    const lane = async () => {
      while (performance.now() < untilMs) {
        const key = `key_live_${Math.floor(Math.random() * keys)}`;
        const nonce = randomFillSync(new Uint8Array(16));
        const startedMs = performance.now();
        const result = await store.admit({ key, owner: key, nonce, signedAtMs: Date.now(), charges });
        tookMs.push(performance.now() - startedMs);
        if (result.outcome !== 'admitted') others += 1;
      }
    };
    await Promise.all(Array.from({ length: width }, lane));
    process.send({ tookMs, others });
  });
  process.send('ready');
}

async function measureAll() {
  console.log(
    'processes x calls at a time, budgets, keys    a second  Redis CPU  to Redis  from Redis  to replica     p50     p99',
  );
  for (const [processes, width, budgets, keys, replica = false] of [
    [1, 1, 1, KEYS],
    [1, 1, 3, KEYS],
    [1, 64, 0, KEYS],
    [1, 64, 1, KEYS],
    [1, 64, 3, KEYS],
    [2, 64, 1, KEYS],
    [2, 64, 3, KEYS],
    [2, 64, 3, 1],
    [1, 64, 3, KEYS, true],
    [1, 64, 3, 1, true],
  ]) {
    await measure({ processes, width, budgets, keys, replica });
  }
  await measureIdle();
}

async function measure({ processes, width, budgets, keys, replica }) {
  const server = await startRedis();
  const second = replica ? await startReplica(server) : undefined;
  const workers = Array.from({ length: processes }, () => startWorker(server));
  try {
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    await sleep(2 * TOLERANCE.futureMs);
    const rounds = [];
    let [admitted, others] = [0, 0];
    for (let round = 0; round <= ROUNDS; round++) {
      const before = await readings(server);
      for (const worker of workers) worker.send({ budgets, width, keys });
      const answers = await Promise.all(workers.map((worker) => once(worker, 'message')));
      const after = await readings(server);
      const results = answers.map(([result]) => result);
      const tookMs = Float64Array.from(results.flatMap((result) => result.tookMs)).sort();
      const each = (name) => (after[name] - before[name]) / tookMs.length;
      // The first round warms up.
      if (round === 0) continue;
      admitted += tookMs.length;
      others += results.reduce((sum, result) => sum + result.others, 0);
      rounds.push({
        rate: tookMs.length / (ROUND_MS / 1_000),
        cpuUs: each('cpuS') * 1e6,
        inBytes: each('inBytes'),
        outBytes: each('outBytes'),
        replicaBytes: each('replicaBytes'),
        p50Ms: at(tookMs, 0.5),
        p99Ms: at(tookMs, 0.99),
      });
    }
    const median = (name) => {
      const sorted = rounds.map((round) => round[name]).sort((a, b) => a - b);
      return at(sorted, 0.5);
    };
    const bytes = (name) => `${Math.round(median(name))} B`;
    console.log(
      `${processes} x ${width}, ${budgets}, ${keys.toLocaleString('en')}`.padEnd(42),
      Math.round(median('rate')).toLocaleString('en').padStart(12),
      `${median('cpuUs').toFixed(1)} µs`.padStart(10),
      bytes('inBytes').padStart(9),
      bytes('outBytes').padStart(11),
      (replica ? bytes('replicaBytes') : '').padStart(11),
      `${median('p50Ms').toFixed(2)}`.padStart(7),
      `${median('p99Ms').toFixed(2)} ms`.padStart(10),
      others > 0 ? ` (${others} of ${admitted} were not admitted)` : '',
    );
  } finally {
    for (const worker of workers) worker.kill();
    await second?.stop();
    await server.stop();
  }
}

/** What processes cost that admit nothing: the first at its start, another at its start, and each every second. */
async function measureIdle() {
  const server = await startRedis();
  const workers = [];
  const start = async () => {
    const worker = startWorker(server);
    workers.push(worker);
    await once(worker, 'message');
  };
  const measureCpu = async (label, seconds, act) => {
    const before = await readings(server);
    await act();
    const after = await readings(server);
    console.log(
      `${label.padEnd(42)} ${(((after.cpuS - before.cpuS) * 1_000) / seconds).toFixed(1)} ms of Redis's CPU`,
    );
  };
  try {
    await measureCpu('the first process starts', 1, start);
    await measureCpu('a process is idle, each second', 10, () => sleep(10_000));
    const more = 10;
    await measureCpu('another process starts', 1, start);
    await measureCpu(`${more} start at once, each`, more, () =>
      Promise.all(Array.from({ length: more }, start)),
    );
    await measureCpu(`${workers.length} processes are idle, each second`, 10, () => sleep(10_000));
  } finally {
    for (const worker of workers) worker.kill();
    await server.stop();
  }
}

function startWorker({ port }) {
  return fork(fileURLToPath(import.meta.url), ['worker', String(port)], { serialization: 'advanced' });
}

async function startReplica({ host, port, command }) {
  const replica = await startRedis({ config: { replicaof: `${host} ${port}` } });
  await waitUntil('the replica', 10_000, async () =>
    /^slave0:.*state=online/m.test(await command('INFO', 'replication')) ? true : undefined,
  );
  return replica;
}

async function readings(server) {
  const info = await server.command('INFO');
  const read = (name) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
  const replicaBytes = read('master_repl_offset');
  return {
    cpuS: read('used_cpu_user') + read('used_cpu_sys'),
    inBytes: read('total_net_input_bytes'),
    outBytes: read('total_net_output_bytes') - replicaBytes,
    replicaBytes,
  };
}

function at(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
