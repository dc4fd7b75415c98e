/**
 * Nonces and their signed times in the order in which they were admitted, 20 bytes each, on pages of typed arrays.
 * An entry is known by its sequence number, which wraps at 2^32; forgetting is moving the front. The ring does not
 * look nonces up (`nonce-index.ts`) and does not decide what is forgotten (`nonce-memory.ts`).
 */
import { type HashedNonce, type HashSeed, hashWords } from './nonce-hash.js';

interface Page {
  /** Four words of nonce, one of signed time less `baseMs`; for each entry. */
  words: Int32Array;
  /** How many entries it may have. */
  readonly room: number;
  readonly baseMs: number;
  /** The greatest signed time on this page. */
  latestMs: number;
  count: number;
}

export interface NonceRing {
  /** The first `dropped` places are empty. */
  pages: (Page | undefined)[];
  dropped: number;
  /** Sequence number of the oldest entry. */
  front: number;
  /** Sequence number of the next entry. */
  next: number;
  count: number;
}

/** Each page has this many sequence numbers of its own, used or not. */
const PAGE_BITS = 12;
const PAGE_ENTRIES = 1 << PAGE_BITS;
const PAGE_NUMBERS = 2 ** (32 - PAGE_BITS);
/** A small ring has smaller pages, so that little is kept that is not in use. */
const SMALL_RING = 65_536;
const SMALL_PAGE_ENTRIES = 512;
const FIRST_ENTRIES = 4;
const ENTRY_WORDS = 5;
const TIME = 4;
/** Pages that are gone are cut off the list in lots of this many at least. */
const DROPPED_LOT = 64;

export function createNonceRing(): NonceRing {
  return { pages: [], dropped: 0, front: 0, next: 0, count: 0 };
}

/** Appends an entry and gives its sequence number. */
export function appendNonce(ring: NonceRing, nonce: HashedNonce, signedAtMs: number): number {
  const page = pageForNext(ring, signedAtMs);
  const seq = ring.next;
  const { words } = page;
  const at = offsetOf(seq);
  words[at] = nonce.w0;
  words[at + 1] = nonce.w1;
  words[at + 2] = nonce.w2;
  words[at + 3] = nonce.w3;
  words[at + TIME] = signedAtMs - page.baseMs;
  if (signedAtMs > page.latestMs) page.latestMs = signedAtMs;
  page.count += 1;
  ring.next = (seq + 1) >>> 0;
  ring.count += 1;
  return seq;
}

/** Whether an entry is still there. Sequence numbers that were never given or are forgotten are not. */
export function isLive({ front, next }: NonceRing, seq: number): boolean {
  return (seq - front) >>> 0 < (next - front) >>> 0;
}

export function holdsNonce(ring: NonceRing, seq: number, nonce: HashedNonce): boolean {
  const { words } = pageOf(ring, seq);
  const at = offsetOf(seq);
  return (
    words[at] === nonce.w0 &&
    words[at + 1] === nonce.w1 &&
    words[at + 2] === nonce.w2 &&
    words[at + 3] === nonce.w3
  );
}

/** An entry's hash; it is not kept. */
export function hashOf(ring: NonceRing, seq: number, seed: HashSeed): number {
  const { words } = pageOf(ring, seq);
  const at = offsetOf(seq);
  return hashWords(
    seed,
    words[at] as number,
    words[at + 1] as number,
    words[at + 2] as number,
    words[at + 3] as number,
  );
}

/** Signed time of the oldest entry. The ring is not empty. */
export function frontSignedAtMs(ring: NonceRing): number {
  const page = frontPage(ring);
  return page.baseMs + (page.words[offsetOf(ring.front) + TIME] as number);
}

/** The greatest signed time on the page of the oldest entry. The ring is not empty. */
export function frontPageLatestMs(ring: NonceRing): number {
  return frontPage(ring).latestMs;
}

/** Forgets the oldest entry. The ring is not empty. */
export function forgetFront(ring: NonceRing): void {
  if (slotOf(ring.front) + 1 === frontPage(ring).count) {
    forgetFrontPage(ring);
  } else {
    ring.front = (ring.front + 1) >>> 0;
    ring.count -= 1;
  }
}

/** Forgets what is left of the page of the oldest entry. The ring is not empty. */
export function forgetFrontPage(ring: NonceRing): void {
  const slot = slotOf(ring.front);
  ring.count -= frontPage(ring).count - slot;
  ring.pages[ring.dropped] = undefined;
  ring.dropped += 1;
  ring.front = (ring.front - slot + PAGE_ENTRIES) >>> 0;
  // The last page may have been cut short: then the next entry begins a page too.
  if (ring.count === 0) ring.next = ring.front;
  if (ring.count === 0 || (ring.dropped >= DROPPED_LOT && ring.dropped * 2 > ring.pages.length)) {
    ring.pages.splice(0, ring.dropped);
    ring.dropped = 0;
  }
}

/** The page that takes the next entry, with room for it. */
function pageForNext(ring: NonceRing, signedAtMs: number): Page {
  const page = ring.pages[ring.pages.length - 1];
  if (page === undefined || page.count === page.room) return newPage(ring, signedAtMs);
  if (signedAtMs - page.baseMs !== ((signedAtMs - page.baseMs) | 0)) return newPage(ring, signedAtMs);
  if (page.count * ENTRY_WORDS === page.words.length) {
    const grown = new Int32Array(Math.min(page.words.length * 2, page.room * ENTRY_WORDS));
    grown.set(page.words);
    page.words = grown;
  }
  return page;
}

function newPage(ring: NonceRing, baseMs: number): Page {
  const { count } = ring;
  const room = count < SMALL_RING ? SMALL_PAGE_ENTRIES : PAGE_ENTRIES;
  const words = new Int32Array(Math.min(Math.max(count, FIRST_ENTRIES), room) * ENTRY_WORDS);
  const page = { words, room, baseMs, latestMs: baseMs, count: 0 };
  ring.next = (ring.next + ((PAGE_ENTRIES - slotOf(ring.next)) % PAGE_ENTRIES)) >>> 0;
  // A list that begins with one element keeps no room for more: most keys have one page.
  if (ring.pages.length === 0) ring.pages = [page];
  else ring.pages.push(page);
  return page;
}

function frontPage({ pages, dropped }: NonceRing): Page {
  return pages[dropped] as Page;
}

function pageOf({ pages, dropped, front }: NonceRing, seq: number): Page {
  const distance = ((seq >>> PAGE_BITS) - (front >>> PAGE_BITS) + PAGE_NUMBERS) % PAGE_NUMBERS;
  return pages[dropped + distance] as Page;
}

function offsetOf(seq: number): number {
  return slotOf(seq) * ENTRY_WORDS;
}

function slotOf(seq: number): number {
  return seq & (PAGE_ENTRIES - 1);
}
