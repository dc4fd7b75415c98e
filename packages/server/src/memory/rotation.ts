/**
 * Visits the keys of a map in turn, for housekeeping in small steps. Entries may come and go meanwhile.
 */

/** A function that gives the next key at each call, and `undefined` once a round. */
export function rotation<K>(map: ReadonlyMap<K, unknown>): () => K | undefined {
  let keys = map.keys();
  return () => {
    const step = keys.next();
    if (!step.done) return step.value;
    keys = map.keys();
    return undefined;
  };
}
