/**
 * Finds nonces in a ring, mostly with one look at memory: a bucket is a cache line and tells by tags that it has not the
 * nonce. Numbers that the ring has forgotten are free places, so forgetting costs nothing here. Linear hashing (Litwin
 * 1980): one bucket at a time is added or taken away, so no admission ever waits for a rehash.
 */
import {
  type BucketPages,
  createBucketPages,
  offsetOf,
  pageOf,
  popBucket,
  pushBucket,
} from './bucket-pages.js';
import {
  clearBucket,
  linkIn,
  mayHoldTag,
  NONE,
  nextSlot,
  SLOTS,
  seqIn,
  setLink,
  tagIn,
  tagOfHash,
  writeSlot,
} from './nonce-bucket.js';
import type { HashedNonce, HashSeed } from './nonce-hash.js';
import { hashOf, holdsNonce, isLive, type NonceRing } from './nonce-ring.js';

export interface NonceIndex {
  readonly seed: HashSeed;
  readonly buckets: BucketPages;
  /** The smallest 2^n - 1 that is at least the number of buckets. */
  mask: number;
  /** Where a full bucket puts its oldest entries while they are live. Linked from it, the oldest last. */
  overflow: BucketPages;
  /** First of the linked overflow buckets that are not in use; -1 when all are. */
  free: number;
  overflowInUse: number;
}

/** Entries for each bucket, above which one is added and below which one is taken away. */
const MAX_LOAD = 8;
const MIN_LOAD = 6;

/** @param ring empty */
export function createNonceIndex(seed: HashSeed, ring: NonceRing): NonceIndex {
  const buckets = createBucketPages();
  pushBucket(buckets);
  clearBucket(pageOf(buckets, 0), 0, forgottenSeq(ring));
  return { seed, buckets, mask: 1, overflow: createBucketPages(), free: NONE, overflowInUse: 0 };
}

/** Whether the ring has this nonce. */
export function findNonce(index: NonceIndex, ring: NonceRing, nonce: HashedNonce): boolean {
  const tag = tagOfHash(nonce.hash);
  let pages = index.buckets;
  let bucket = bucketOf(index, nonce.hash);
  do {
    const words = pageOf(pages, bucket);
    const at = offsetOf(bucket);
    // One branch that is seldom taken, so that the processor goes on before memory has answered.
    if (mayHoldTag(words, at, tag) && bucketHolds(words, at, ring, nonce, tag)) return true;
    bucket = linkIn(words, at);
    pages = index.overflow;
  } while (bucket !== NONE);
  return false;
}

/** Adds the newest entry of the ring. */
export function indexNonce(index: NonceIndex, ring: NonceRing, nonce: HashedNonce, seq: number): void {
  put(index, ring, nonce.hash, seq);
}

/** Adds or takes away at most `steps` buckets, as the number of the ring's entries asks. */
export function fitIndex(index: NonceIndex, ring: NonceRing, steps: number): void {
  for (let step = 0; step < steps; step++) {
    const { count } = index.buckets;
    if (ring.count > count * MAX_LOAD) addBucket(index, ring);
    else if (ring.count < count * MIN_LOAD && count > 1) removeBucket(index, ring);
    else return;
  }
}

function bucketHolds(
  words: Int32Array,
  at: number,
  ring: NonceRing,
  nonce: HashedNonce,
  tag: number,
): boolean {
  for (let slot = 0; slot < SLOTS; slot++) {
    if (tagIn(words, at, slot) !== tag) continue;
    const seq = seqIn(words, at, slot);
    if (isLive(ring, seq) && holdsNonce(ring, seq, nonce)) return true;
  }
  return false;
}

/** Puts an entry in the place of its bucket's oldest, and that one, if it is live, in the overflow in the same way. */
function put(index: NonceIndex, ring: NonceRing, hash: number, seq: number): void {
  let pages = index.buckets;
  let bucket = bucketOf(index, hash);
  let tag = tagOfHash(hash);
  let entry = seq;
  for (;;) {
    const words = pageOf(pages, bucket);
    const at = offsetOf(bucket);
    const slot = nextSlot(words, at);
    const oldest = seqIn(words, at, slot);
    const oldestTag = tagIn(words, at, slot);
    writeSlot(words, at, entry, tag);
    if (!isLive(ring, oldest)) {
      dropForgotten(index, ring, words, at);
      return;
    }
    if (linkIn(words, at) === NONE) addOverflow(index, ring, pages, bucket);
    // Read again: an overflow page that has grown is another array.
    bucket = linkIn(pageOf(pages, bucket), at);
    pages = index.overflow;
    entry = oldest;
    tag = oldestTag;
  }
}

/** The new bucket takes its share of the one that held its entries until now. */
function addBucket(index: NonceIndex, ring: NonceRing): void {
  const added = index.buckets.count;
  const entries = takeEntries(index, ring, added & (index.mask >>> 1));
  pushBucket(index.buckets);
  if (index.buckets.count > index.mask) index.mask = index.mask * 2 + 1;
  clearBucket(pageOf(index.buckets, added), offsetOf(added), forgottenSeq(ring));
  for (const seq of entries) put(index, ring, hashOf(ring, seq, index.seed), seq);
}

/** The reverse of `addBucket`. */
function removeBucket(index: NonceIndex, ring: NonceRing): void {
  const removed = index.buckets.count - 1;
  const entries = takeEntries(index, ring, removed);
  popBucket(index.buckets);
  if (removed === index.mask >>> 1) index.mask >>>= 1;
  for (const seq of entries) put(index, ring, hashOf(ring, seq, index.seed), seq);
}

/** Empties a bucket and its overflow. Gives what was live in them, oldest first. */
function takeEntries(index: NonceIndex, ring: NonceRing, bucket: number): number[] {
  const words = pageOf(index.buckets, bucket);
  const at = offsetOf(bucket);
  const entries = liveIn(words, at, ring);
  for (let link = linkIn(words, at); link !== NONE; link = linkIn(words, at)) {
    entries.push(...liveIn(pageOf(index.overflow, link), offsetOf(link), ring));
    dropLinked(index, words, at);
  }
  clearBucket(words, at, forgottenSeq(ring));
  return entries.reverse();
}

/** The live entries of one bucket, newest first. */
function liveIn(words: Int32Array, at: number, ring: NonceRing): number[] {
  const live: number[] = [];
  const next = nextSlot(words, at);
  for (let step = 1; step <= SLOTS; step++) {
    const seq = seqIn(words, at, (next + SLOTS - step) % SLOTS);
    if (isLive(ring, seq)) live.push(seq);
  }
  return live;
}

/** Links an empty overflow bucket to this one. */
function addOverflow(index: NonceIndex, ring: NonceRing, pages: BucketPages, bucket: number): void {
  const { overflow, free } = index;
  const link = free === NONE ? overflow.count : free;
  if (free === NONE) pushBucket(overflow);
  else index.free = linkIn(pageOf(overflow, link), offsetOf(link));
  clearBucket(pageOf(overflow, link), offsetOf(link), forgottenSeq(ring));
  index.overflowInUse += 1;
  setLink(pageOf(pages, bucket), offsetOf(bucket), link);
}

/** Takes the overflow bucket that is linked here out of the chain, if the ring has forgotten all that is in it. */
function dropForgotten(index: NonceIndex, ring: NonceRing, words: Int32Array, at: number): void {
  const link = linkIn(words, at);
  if (link === NONE) return;
  const linked = pageOf(index.overflow, link);
  for (let slot = 0; slot < SLOTS; slot++) if (isLive(ring, seqIn(linked, offsetOf(link), slot))) return;
  dropLinked(index, words, at);
}

function dropLinked(index: NonceIndex, words: Int32Array, at: number): void {
  const link = linkIn(words, at);
  const linked = pageOf(index.overflow, link);
  setLink(words, at, linkIn(linked, offsetOf(link)));
  setLink(linked, offsetOf(link), index.free);
  index.free = link;
  index.overflowInUse -= 1;
  if (index.overflowInUse > 0) return;
  index.overflow = createBucketPages();
  index.free = NONE;
}

function bucketOf({ buckets: { count }, mask }: NonceIndex, hash: number): number {
  const bucket = hash & mask;
  return bucket < count ? bucket : bucket & (mask >>> 1);
}

/** The entry before the oldest is forgotten for good. */
function forgottenSeq({ front }: NonceRing): number {
  return (front - 1) | 0;
}
