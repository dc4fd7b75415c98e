/** A memory store on a clock that the bench moves, and nonces to fill it with. */
import {
  acceptanceWindow,
  type Charge,
  createClock,
  type MemoryStore,
  memoryStore,
} from '@countersign/server';

const START_MS = 1_763_750_000_000;
const MAX_NONCES = 2 ** 25;

export interface SteppedStore {
  readonly store: MemoryStore;
  readonly nowMs: () => number;
  readonly advance: (ms: number) => void;
  /** Admits a new nonce by the next of the keys; throws when it was not admitted. */
  readonly admit: (charges?: readonly Charge[]) => void;
}

interface SteppedStoreOptions {
  readonly keys?: number;
  /** Whether a verifier will attach the store. Default false: it is attached here. */
  readonly forVerifier?: boolean;
}

export function steppedStore(options: SteppedStoreOptions = {}): SteppedStore {
  const { keys = 1, forVerifier = false } = options;
  let timeMs = START_MS;
  const nowMs = (): number => timeMs;
  const store = memoryStore({ maxNonces: MAX_NONCES });
  if (!forVerifier) store.attach?.(acceptanceWindow(createClock(nowMs, nowMs)));
  const names = keys === 1 ? ['key_live_1'] : Array.from({ length: keys }, (_, id) => `key_${id}`);
  const nonce = new Uint8Array(16);
  const words = new Uint32Array(nonce.buffer);
  let count = 0;
  return {
    store,
    nowMs,
    advance: (ms) => {
      timeMs += ms;
    },
    admit: (charges = []) => {
      words[0] = count;
      words[1] = Math.imul(count, 0x9e3779b1);
      const key = names[count++ % names.length] ?? '';
      const result = store.admit({ key, owner: key, nonce, signedAtMs: timeMs, charges });
      if (result instanceof Promise || result.outcome !== 'admitted') throw new Error('not admitted');
    },
  };
}
