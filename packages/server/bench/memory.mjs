/**
 * Measures the memory store on the built package: `node packages/server/bench/memory.mjs` (with `--large` also at ten
 * million nonces). It prints a table and judges nothing; run it on a quiet machine.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { acceptanceWindow, createClock, memoryStore } from '../dist/index.js';

if (globalThis.gc === undefined) {
  const args = ['--expose-gc', fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  process.exit(spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1);
}

const START_MS = 1_763_750_000_000;
const CHUNK = 1_000;

/** A store on a clock of its own, and a way to admit with it: a new nonce at each call, spread over the keys. */
function subject({ keys = 1, maxNonces = 1_000_000 } = {}) {
  let nowMs = START_MS;
  const store = memoryStore({ maxNonces });
  const now = () => nowMs;
  store.attach(acceptanceWindow(createClock(now, now)));
  const names = Array.from({ length: keys }, (_, id) => `key-${id}`);
  const nonce = new Uint8Array(16);
  const words = new Uint32Array(nonce.buffer);
  let count = 0;
  const admit = () => {
    words[0] = count;
    words[1] = Math.imul(count, 0x9e3779b1);
    const key = names[count++ % keys];
    const { outcome } = store.admit({ key, owner: key, nonce, signedAtMs: nowMs, charges: [] });
    if (outcome !== 'admitted') throw new Error(outcome);
  };
  return {
    store,
    admit,
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

function bytesInUse() {
  gc();
  gc();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { exact: heapUsed + arrayBuffers, rss };
}

function measureBytes(label, keys, nonces) {
  const before = bytesInUse();
  const { store, admit } = subject({ keys });
  for (let count = 0; count < nonces; count++) admit();
  const after = bytesInUse();
  if (store.size !== nonces) throw new Error(`${store.size} nonces are left`);
  const perNonce = (from, to) => ((to - from) / nonces).toFixed(1);
  print(
    label,
    `${perNonce(before.exact, after.exact)} bytes a nonce (resident ${perNonce(before.rss, after.rss)})`,
  );
}

/** Each admission pushes one nonce out, so the number stays. The median of many chunks, and the best one. */
function measureAdmission(nonces) {
  const { store, admit, advance } = subject({ maxNonces: nonces });
  const perMs = Math.ceil(nonces / 100_000);
  const run = (admissions) => {
    for (let count = 0; count < admissions; count++) {
      if (count % perMs === 0) advance(1);
      admit();
    }
  };
  run(nonces);
  const chunks = Array.from({ length: 400 }, () => {
    const startedNs = process.hrtime.bigint();
    run(CHUNK);
    return Number(process.hrtime.bigint() - startedNs) / CHUNK;
  }).sort((a, b) => a - b);
  if (store.size !== nonces) throw new Error(`${store.size} nonces are left`);
  print(
    `admission at ${nonces.toLocaleString('en')}`,
    `median ${ns(at(chunks, 0.5))}, best ${ns(chunks[0])}`,
  );
}

/** A million nonces expire while as many are admitted, at 3 333 a second. */
function measurePause(nonces) {
  const { store, admit, advance } = subject({ maxNonces: 2 * nonces });
  const tick = (count) => {
    if (count % 10 === 0) advance(3);
    admit();
  };
  for (let count = 0; count < nonces; count++) tick(count);
  const took = new Float64Array(nonces);
  for (let count = 0; count < nonces; count++) {
    const startedNs = process.hrtime.bigint();
    tick(count);
    took[count] = Number(process.hrtime.bigint() - startedNs);
  }
  took.sort();
  const text = [0.5, 0.99, 0.999].map((share) => `p${share * 100} ${ns(at(took, share))}`).join(', ');
  print('while a million expire one by one', text);

  advance(400_000);
  const startedNs = process.hrtime.bigint();
  admit();
  print('the admission that forgets a million', ns(Number(process.hrtime.bigint() - startedNs)));
  if (store.size !== 1) throw new Error(`${store.size} nonces are left`);
}

function at(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function ns(value) {
  return value < 10_000 ? `${Math.round(value)} ns` : `${(value / 1_000).toFixed(0)} µs`;
}

function print(label, text) {
  console.log(`${label.padEnd(40)} ${text}`);
}

console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
for (let count = 0, { admit } = subject(); count < 200_000; count++) admit();
measureBytes('memory: 1 key of 1,000,000', 1, 1_000_000);
measureBytes('memory: 1,000 keys of 1,000', 1_000, 1_000_000);
measureBytes('memory: 100,000 keys of 1', 100_000, 100_000);
for (const nonces of [1_000, 10_000, 100_000, 1_000_000]) measureAdmission(nonces);
if (process.argv.includes('--large')) measureAdmission(10_000_000);
measurePause(1_000_000);
