/** The shape of what is timed: a signing that is called over and over, and a verification of requests made before. */
import type { Call } from '../alternate.js';

/** Makes a call that needs nothing prepared. */
export function repeated(call: Omit<Call<undefined>, 'prepare'>): Call<undefined> {
  return { ...call, prepare: (count) => new Array<undefined>(count).fill(undefined) };
}

/**
 * Makes requests for a call, one after the other. Each is a clone of what was signed: a text just composed is a tree of
 * its pieces in V8 until someone reads it, and nothing that comes over a wire is. It costs a verifier 2 µs to read one.
 */
export async function made<Item>(count: number, make: () => Item | Promise<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for (let index = 0; index < count; index++) items.push(structuredClone(await make()));
  return items;
}
