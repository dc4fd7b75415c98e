/**
 * Buckets by number, on pages of typed arrays: a growing or shrinking table never copies more than one page. It does not
 * know what is in a bucket.
 */
import { BUCKET_WORDS } from './nonce-bucket.js';

export interface BucketPages {
  /** All but the last have their full size. */
  pages: Int32Array[];
  count: number;
}

const PAGE_BUCKETS = 4096;

export function createBucketPages(): BucketPages {
  return { pages: [], count: 0 };
}

export function pageOf({ pages }: BucketPages, bucket: number): Int32Array {
  return pages[Math.floor(bucket / PAGE_BUCKETS)] as Int32Array;
}

/** Where on its page a bucket begins. */
export function offsetOf(bucket: number): number {
  return (bucket % PAGE_BUCKETS) * BUCKET_WORDS;
}

/** Adds a bucket at the end. The last page grows by a sixteenth of all, so that a small table has little to spare. */
export function pushBucket(buckets: BucketPages): void {
  const { pages, count } = buckets;
  const page = Math.floor(count / PAGE_BUCKETS);
  const room = count % PAGE_BUCKETS;
  if (room * BUCKET_WORDS === (pages[page]?.length ?? 0)) {
    const grown = resized(pages[page], Math.min(room + 1 + (count >> 4), PAGE_BUCKETS));
    // A list that begins with one element keeps no room for more: most keys have one page.
    if (page === 0) buckets.pages = [grown];
    else pages[page] = grown;
  }
  buckets.count += 1;
}

/** Takes the last bucket away. */
export function popBucket(buckets: BucketPages): void {
  buckets.count -= 1;
  const { pages, count } = buckets;
  const page = Math.floor(count / PAGE_BUCKETS);
  const room = count % PAGE_BUCKETS;
  const roomy = room + (count >> 4);
  if (room === 0) pages.pop();
  else if (roomy * BUCKET_WORDS * 2 < (pages[page]?.length ?? 0)) pages[page] = resized(pages[page], roomy);
}

function resized(page: Int32Array = new Int32Array(0), buckets: number): Int32Array {
  const copy = new Int32Array(buckets * BUCKET_WORDS);
  copy.set(page.subarray(0, copy.length));
  return copy;
}
