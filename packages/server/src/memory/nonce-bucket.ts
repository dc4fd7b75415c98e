/**
 * A bucket of the nonce index: 64 bytes, a cache line. It has sequence number and tag (8 bits of the hash) of 12 nonces,
 * and a link to an overflow bucket. It knows nothing of the ring, so which numbers are free is told by their age.
 */

export const SLOTS = 12;
export const BUCKET_WORDS = 16;
const TAGS = SLOTS;
const LINK = 15;

/** The part of a hash that a bucket keeps; the index chooses buckets by other bits. */
export function tagOfHash(hash: number): number {
  return hash >>> 24;
}

/** Whether one of the 12 tags is this one: whether a byte is zero after the exclusive or. */
export function mayHoldTag(words: Int32Array, at: number, tag: number): boolean {
  const tags = Math.imul(tag, 0x01010101);
  const a = (words[at + TAGS] as number) ^ tags;
  const b = (words[at + TAGS + 1] as number) ^ tags;
  const c = (words[at + TAGS + 2] as number) ^ tags;
  return ((((a - 0x01010101) & ~a) | ((b - 0x01010101) & ~b) | ((c - 0x01010101) & ~c)) & 0x80808080) !== 0;
}

export function seqIn(words: Int32Array, at: number, slot: number): number {
  return words[at + slot] as number;
}

export function tagIn(words: Int32Array, at: number, slot: number): number {
  return ((words[at + TAGS + (slot >> 2)] as number) >>> ((slot & 3) * 8)) & 0xff;
}

/** The slot whose number was given longest ago, before the number `next`. */
export function oldestSlot(words: Int32Array, at: number, next: number): number {
  let oldest = 0;
  let oldestAge = -1;
  for (let slot = 0; slot < SLOTS; slot++) {
    const age = (next - (words[at + slot] as number)) >>> 0;
    if (age > oldestAge) {
      oldestAge = age;
      oldest = slot;
    }
  }
  return oldest;
}

export function setSlot(words: Int32Array, at: number, slot: number, seq: number, tag: number): void {
  const word = at + TAGS + (slot >> 2);
  const shift = (slot & 3) * 8;
  words[at + slot] = seq;
  words[word] = ((words[word] as number) & ~(0xff << shift)) | (tag << shift);
}

/** The number of the overflow bucket; -1 when there is none. */
export function linkIn(words: Int32Array, at: number): number {
  return words[at + LINK] as number;
}

export function setLink(words: Int32Array, at: number, link: number): void {
  words[at + LINK] = link;
}

/** Fills all slots with one number, and takes the link away. */
export function clearBucket(words: Int32Array, at: number, seq: number): void {
  words.fill(seq, at, at + SLOTS);
  words[at + LINK] = -1;
}
