/** The shape of what is timed: a signing that is called over and over, and a verification of requests made before. */
import type { Call } from '../alternate.js';

/** Makes a call that needs nothing prepared. */
export function repeated(call: Omit<Call<undefined>, 'prepare'>): Call<undefined> {
  return { ...call, prepare: (count) => new Array<undefined>(count).fill(undefined) };
}

/** Makes requests for a call, one after the other. */
export async function made<Item>(count: number, make: () => Item | Promise<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for (let index = 0; index < count; index++) items.push(await make());
  return items;
}
