/** Memory of a live nonce in process: ours, and the collections that are used instead. */
import type { Extent } from '../extent.js';
import type { Comparison, Measured, Role, Row } from '../results.js';
import { steppedStore } from '../subjects/stepped-store.js';

interface Holder {
  readonly name: string;
  readonly role: Role;
  readonly note?: string;
  /** Holds this many, and gives what has to be kept so that they stay. */
  readonly fill: (nonces: number) => unknown;
}

const MANY_KEYS = 1_000;

const HOLDERS: readonly Holder[] = [
  {
    name: 'countersign, one key',
    role: 'us',
    note: 'replay and horizon',
    fill: (nonces) => filled(1, nonces),
  },
  {
    name: 'countersign, 1,000 keys',
    role: 'us',
    note: 'replay and horizon',
    fill: (nonces) => filled(MANY_KEYS, nonces),
  },
  { name: 'Set of UUIDs', role: 'peer', note: 'nothing expires', fill: (nonces) => new Set(uuids(nonces)) },
  {
    name: 'Map of UUIDs to expiry',
    role: 'peer',
    fill: (nonces) => new Map(uuids(nonces).map((uuid) => [uuid, 1_763_750_000_000.5])),
  },
  {
    name: 'Map of key, time and UUID to expiry',
    role: 'peer',
    note: 'as hawk’s nonceFunc is told to',
    fill: (nonces) =>
      new Map(
        uuids(nonces).map((uuid) => [['key_live_1', 1_763_750_000, uuid].join(':'), 1_763_750_000_000.5]),
      ),
  },
];

export async function measureMemory({ nonces }: Extent): Promise<Measured> {
  const values = HOLDERS.map(({ fill }) => bytesEach(fill, nonces));
  const rows = HOLDERS.map(({ name, role, note }, index): Row => {
    const value = values[index] ?? Number.NaN;
    const ratio = value / (values[0] ?? Number.NaN);
    return { name, role, value, low: value, high: value, ratio, ...(note === undefined ? {} : { note }) };
  });
  const comparison: Comparison = {
    id: 'memory',
    title: `Memory of a live nonce, ${nonces.toLocaleString('en')} of them`,
    unit: 'bytes',
    better: 'less',
    rows,
    notes: ['Heap and array buffers after a collection, all included.'],
  };
  const ours = rows.filter(({ role }) => role === 'us').map(({ value }) => value);
  return { comparisons: [comparison], figures: { memory: Math.max(...ours) } };
}

function bytesEach(fill: Holder['fill'], nonces: number): number {
  // What is compiled and cached by the first nonces is no memory of theirs.
  fill(1);
  const before = bytesInUse();
  const held = [fill(nonces)];
  const after = bytesInUse();
  held.pop();
  return (after - before) / nonces;
}

function bytesInUse(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function filled(keys: number, nonces: number): unknown {
  const { store, admit } = steppedStore({ keys });
  for (let count = 0; count < nonces; count++) admit();
  if (store.size !== nonces) throw new Error(`${store.size} nonces are left`);
  return store;
}

/** As flat strings, which is how they come out of a header; those of `randomUUID` are built of many pieces. */
function uuids(count: number): string[] {
  return Array.from({ length: count }, () => Buffer.from(crypto.randomUUID()).toString('latin1'));
}
