/**
 * Which bucket an owner's memory is in, and its Redis key. All of an owner's nonces and budgets are in one bucket, a
 * bucket is one key, and so one script touches one key in one slot.
 */
import calculateSlot from 'cluster-key-slot';

/** Fixed for good: with another number every owner's memory would be looked for where it is not. */
export const BUCKETS = 1_024;

export interface Bucket {
  readonly key: string;
  /** Of a Redis Cluster. */
  readonly slot: number;
}

/** @param prefix begins every key, so that several services can share a server */
export function createBuckets(prefix: string, count: number = BUCKETS): readonly Bucket[] {
  return Array.from({ length: count }, (_, index) => {
    const key = `{${prefix}:${index}}`;
    return { key, slot: calculateSlot(key) };
  });
}

/** FNV-1a over UTF-16 code units, and its bits mixed once more: spreads owners evenly, the same on every platform. */
export function bucketIndex(owner: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < owner.length; i++) hash = Math.imul(hash ^ owner.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return ((hash ^ (hash >>> 15)) >>> 0) % count;
}
