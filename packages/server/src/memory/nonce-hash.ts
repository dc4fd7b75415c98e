/**
 * A nonce as four words and its keyed hash. The hash is HalfSipHash-1-3 (the one Linux uses for its hash tables),
 * because clients choose nonces and must not be able to choose buckets. It is no MAC.
 */

/** 64 random bits, as two unsigned words. */
export type HashSeed = readonly [number, number];

/** A nonce made ready for many comparisons. */
export interface HashedNonce {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly hash: number;
}

const NONCE_BYTES = 16;
const COMPRESSIONS = 5;
const ROUNDS = COMPRESSIONS + 3;

/** @throws TypeError when the nonce has not 16 bytes: that is the caller's mistake, no client can cause it */
export function hashNonce(seed: HashSeed, nonce: Uint8Array): HashedNonce {
  if (nonce.length !== NONCE_BYTES)
    throw new TypeError(`admission.nonce: needs 16 bytes, has ${nonce.length}`);
  const w0 = wordAt(nonce, 0);
  const w1 = wordAt(nonce, 4);
  const w2 = wordAt(nonce, 8);
  const w3 = wordAt(nonce, 12);
  return { w0, w1, w2, w3, hash: hashWords(seed, w0, w1, w2, w3) };
}

/** HalfSipHash-1-3 of 16 bytes, given as four little-endian words. */
export function hashWords(seed: HashSeed, w0: number, w1: number, w2: number, w3: number): number {
  let v0 = seed[0] | 0;
  let v1 = seed[1] | 0;
  let v2 = 0x6c796765 ^ v0;
  let v3 = 0x74656462 ^ v1;
  for (let round = 0; round < ROUNDS; round++) {
    const word = messageWord(round, w0, w1, w2, w3);
    if (round === COMPRESSIONS) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}

/** The four words, then the length, then nothing: the last three rounds finish. */
function messageWord(round: number, w0: number, w1: number, w2: number, w3: number): number {
  if (round < 2) return round === 0 ? w0 : w1;
  if (round < 4) return round === 2 ? w2 : w3;
  return round === 4 ? NONCE_BYTES << 24 : 0;
}

function wordAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  const high = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
  return low | (high << 16);
}
