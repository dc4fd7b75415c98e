/**
 * A bucket of the nonce index: 64 bytes, a cache line, which is a ring of 12 nonces, each as sequence number and tag (8
 * bits of the hash), and a link to an overflow bucket. It does not know which numbers are still in use.
 */

export const SLOTS = 12;
export const BUCKET_WORDS = 16;
/** The link of a bucket without overflow. */
export const NONE = -1;
/**
 * Words: link and next slot, 12 numbers, 12 tags. A look-up reads the first and the last ones, so that where an array
 * does not begin on a cache line, both halves are fetched at once.
 */
const LINK = 0;
const SEQS = 1;
const TAGS = SEQS + SLOTS;
const SLOT_BITS = 4;
const SLOT_MASK = (1 << SLOT_BITS) - 1;

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
  return words[at + SEQS + slot] as number;
}

export function tagIn(words: Int32Array, at: number, slot: number): number {
  return ((words[at + TAGS + (slot >> 2)] as number) >>> ((slot & 3) * 8)) & 0xff;
}

/** The slot that is written next, whose entry is the one written longest ago. */
export function nextSlot(words: Int32Array, at: number): number {
  return (words[at + LINK] as number) & SLOT_MASK;
}

/** Writes an entry to the next slot. */
export function writeSlot(words: Int32Array, at: number, seq: number, tag: number): void {
  const slot = nextSlot(words, at);
  const word = at + TAGS + (slot >> 2);
  const shift = (slot & 3) * 8;
  words[at + SEQS + slot] = seq;
  words[word] = ((words[word] as number) & ~(0xff << shift)) | (tag << shift);
  setLast(words, at, linkIn(words, at), slot + 1 === SLOTS ? 0 : slot + 1);
}

/** The number of the overflow bucket, or `NONE`. */
export function linkIn(words: Int32Array, at: number): number {
  return (words[at + LINK] as number) >> SLOT_BITS;
}

export function setLink(words: Int32Array, at: number, link: number): void {
  setLast(words, at, link, nextSlot(words, at));
}

/** Fills all slots with one number, and takes the link away. */
export function clearBucket(words: Int32Array, at: number, seq: number): void {
  words.fill(seq, at + SEQS, at + SEQS + SLOTS);
  setLast(words, at, NONE, 0);
}

function setLast(words: Int32Array, at: number, link: number, slot: number): void {
  words[at + LINK] = (link << SLOT_BITS) | slot;
}
