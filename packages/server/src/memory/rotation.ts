/**
 * Visits the entries of a map in turn, for housekeeping in small steps. Entries may come and go meanwhile.
 */

/** A function that gives the next entry at each call, and `undefined` once a round. */
export function rotation<K, V>(map: ReadonlyMap<K, V>): () => readonly [K, V] | undefined {
  let entries = map.entries();
  return () => {
    const step = entries.next();
    if (!step.done) return step.value;
    entries = map.entries();
    return undefined;
  };
}
