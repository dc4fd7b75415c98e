/** A map with a cap: at the cap, what was set longest ago goes. Reading does not make an entry younger. */

interface BoundedMap<V> {
  get(id: string): V | undefined;
  /** Sets the value and makes the entry the youngest. */
  set(id: string, value: V): void;
  delete(id: string): boolean;
}

export function boundedMap<V>(maxEntries: number): BoundedMap<V> {
  const entries = new Map<string, V>();
  return {
    get: (id) => entries.get(id),
    set: (id, value) => {
      entries.delete(id);
      entries.set(id, value);
      if (entries.size <= maxEntries) return;
      // A Map iterates in the order of insertion.
      const [oldest] = entries.keys();
      if (oldest !== undefined) entries.delete(oldest);
    },
    delete: (id) => entries.delete(id),
  };
}
