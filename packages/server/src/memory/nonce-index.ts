/**
 * Finds nonces in a ring by linear hashing (Litwin 1980): the table grows and shrinks by one bucket at a time, so no
 * admission ever waits for a rehash. A bucket is a chain through the ring, newest entry first; a chain ends where
 * it reaches an entry that the ring has forgotten, so forgetting costs nothing here.
 */
import type { HashedNonce, HashSeed } from './nonce-hash.js';
import { hashOf, holdsNonce, isLive, linkOf, type NonceRing, setLink } from './nonce-ring.js';

export interface NonceIndex {
  readonly seed: HashSeed;
  /** Sequence number of the newest entry of each bucket. All pages but a lone first one have their full size. */
  heads: Uint32Array[];
  buckets: number;
  /** The smallest 2^n - 1 that is at least `buckets`. */
  mask: number;
}

const PAGE_HEADS = 1024;
const MIN_BUCKETS = 4;
/** Mean length of the chains above which a bucket is added, and below which one is taken away. */
const MAX_LOAD = 1;
const MIN_LOAD = 0.75;

/** @param ring empty */
export function createNonceIndex(seed: HashSeed, ring: NonceRing): NonceIndex {
  const heads = [new Uint32Array(MIN_BUCKETS).fill(forgottenSeq(ring))];
  return { seed, heads, buckets: MIN_BUCKETS, mask: 2 * MIN_BUCKETS - 1 };
}

/** Whether the ring has this nonce. */
export function findNonce(index: NonceIndex, ring: NonceRing, nonce: HashedNonce): boolean {
  for (let seq = headOf(index, bucketOf(index, nonce.hash)); isLive(ring, seq); seq = linkOf(ring, seq)) {
    if (holdsNonce(ring, seq, nonce)) return true;
  }
  return false;
}

/** Adds the newest entry of the ring. */
export function indexNonce(index: NonceIndex, ring: NonceRing, nonce: HashedNonce, seq: number): void {
  putFirst(index, ring, bucketOf(index, nonce.hash), seq);
  if (ring.count > index.buckets * MAX_LOAD) addBucket(index, ring);
}

/** Takes away at most `steps` buckets that the ring's entries no longer need. */
export function shrinkIndex(index: NonceIndex, ring: NonceRing, steps: number): void {
  for (let step = 0; step < steps; step++) {
    if (index.buckets === MIN_BUCKETS || ring.count >= index.buckets * MIN_LOAD) return;
    removeBucket(index, ring);
  }
}

/** The new bucket takes its share of the one that held its entries until now. */
function addBucket(index: NonceIndex, ring: NonceRing): void {
  const added = index.buckets;
  const split = added & (index.mask >>> 1);
  const entries = chainOf(index, ring, split);
  makeRoom(index);
  index.buckets += 1;
  if (index.buckets > index.mask) index.mask = index.mask * 2 + 1;
  clear(index, ring, split);
  clear(index, ring, added);
  for (const seq of entries.reverse()) {
    putFirst(index, ring, bucketOf(index, hashOf(ring, seq, index.seed)), seq);
  }
}

/** The reverse of `addBucket`. */
function removeBucket(index: NonceIndex, ring: NonceRing): void {
  const removed = index.buckets - 1;
  const removedEntries = chainOf(index, ring, removed);
  if (removed === index.mask >>> 1) index.mask >>>= 1;
  index.buckets = removed;
  if (removed <= (index.heads.length - 1) * PAGE_HEADS) index.heads.pop();
  if (removedEntries.length === 0) return;
  const merged = removed & (index.mask >>> 1);
  const entries = [...removedEntries, ...chainOf(index, ring, merged)];
  entries.sort((a, b) => ((a - ring.front) >>> 0) - ((b - ring.front) >>> 0));
  clear(index, ring, merged);
  for (const seq of entries) putFirst(index, ring, merged, seq);
}

/** The live entries of a bucket, newest first. */
function chainOf(index: NonceIndex, ring: NonceRing, bucket: number): number[] {
  const entries: number[] = [];
  for (let seq = headOf(index, bucket); isLive(ring, seq); seq = linkOf(ring, seq)) entries.push(seq);
  return entries;
}

function putFirst(index: NonceIndex, ring: NonceRing, bucket: number, seq: number): void {
  setLink(ring, seq, headOf(index, bucket));
  setHead(index, bucket, seq);
}

/** Room for one more head: the first page grows by doubling, then there are more pages. */
function makeRoom({ heads, buckets }: NonceIndex): void {
  if (buckets < PAGE_HEADS) {
    const [first = new Uint32Array(MIN_BUCKETS)] = heads;
    if (buckets < first.length) return;
    const grown = new Uint32Array(first.length * 2);
    grown.set(first);
    heads[0] = grown;
  } else if (buckets === heads.length * PAGE_HEADS) {
    heads.push(new Uint32Array(PAGE_HEADS));
  }
}

function bucketOf({ buckets, mask }: NonceIndex, hash: number): number {
  const bucket = hash & mask;
  return bucket < buckets ? bucket : bucket & (mask >>> 1);
}

function headOf({ heads }: NonceIndex, bucket: number): number {
  return (heads[Math.floor(bucket / PAGE_HEADS)] as Uint32Array)[bucket % PAGE_HEADS] as number;
}

function setHead({ heads }: NonceIndex, bucket: number, seq: number): void {
  (heads[Math.floor(bucket / PAGE_HEADS)] as Uint32Array)[bucket % PAGE_HEADS] = seq;
}

function clear(index: NonceIndex, ring: NonceRing, bucket: number): void {
  setHead(index, bucket, forgottenSeq(ring));
}

/** The entry before the oldest is forgotten for good, so it ends a chain. */
function forgottenSeq({ front }: NonceRing): number {
  return (front - 1) >>> 0;
}
