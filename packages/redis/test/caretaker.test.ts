import { afterEach, expect, it } from 'vitest';
import { createBuckets } from '../src/bucket-names.js';
import { type Caretaker, createCaretaker } from '../src/caretaker.js';

const buckets = createBuckets('t');
const caretakers: Caretaker[] = [];
afterEach(() => {
  for (const caretaker of caretakers.splice(0)) caretaker.stop();
});

/** Processes that touch the same buckets, some of which have forgotten. */
function servers(forgotten: Set<string>): { readonly touched: string[]; readonly start: () => Caretaker } {
  const touched: string[] = [];
  return {
    touched,
    start: () => {
      const caretaker = createCaretaker(
        buckets,
        async ({ key }) => {
          touched.push(key);
          return { forgot: forgotten.delete(key), cursor: '0' };
        },
        256,
      );
      caretakers.push(caretaker);
      return caretaker;
    },
  };
}

it('touches every bucket of a server that has forgotten all, once', async () => {
  const { touched, start } = servers(new Set(buckets.map(({ key }) => key)));
  await start().touchAll();
  expect(new Set(touched).size).toBe(1_024);
  expect(touched.length).toBe(1_024);
});

it('a hundred processes that meet a new server at once do not all touch everything, and nothing is left out', async () => {
  const forgotten = new Set(buckets.map(({ key }) => key));
  const { touched, start } = servers(forgotten);
  await Promise.all(Array.from({ length: 100 }, () => start().touchAll()));
  expect(forgotten.size).toBe(0);
  expect(touched.length).toBeLessThan(100 * 400);
});

it('goes on with the others when one cannot be reached, and says so', async () => {
  const touched = new Set<string>();
  const caretaker = createCaretaker(
    buckets,
    async ({ key }) => {
      touched.add(key);
      if (key === '{t:7}') throw new Error('no connection');
      return { forgot: true, cursor: '0' };
    },
    256,
  );
  caretakers.push(caretaker);
  await expect(caretaker.touchAll()).rejects.toThrow('no connection');
  expect(touched.size).toBe(1_024);
});
