/**
 * Times calls in this process. All subjects take turns, round by round, so that a slow moment of the machine meets all of
 * them; ratios are made within a round. It judges nothing.
 */
import type { Extent } from './extent.js';
import type { Role, Row } from './results.js';

/** Something that takes turns. `turn` gives its figure for this round, in the unit of its comparison. */
export interface Subject {
  readonly name: string;
  readonly role: Role;
  readonly note?: string;
  readonly turn: () => Promise<number>;
}

/** A call to be timed. */
export interface Call<Item> {
  readonly name: string;
  readonly role: Role;
  readonly note?: string;
  /** What the calls of a turn are given, one each, made before the clock starts: requests that are fresh and unique. */
  readonly prepare: (count: number) => readonly Item[] | Promise<readonly Item[]>;
  /** What is timed. A promise is waited for before the next call. */
  readonly call: (item: Item) => unknown;
}

const PROBE_CALLS = 20;
const MAX_CALLS = 50_000;
/**
 * Requests made at a time. More of them leave the processor's cache before their turn comes (a call with 8,000 took half
 * as long again as one with 1,000), and a request that has just arrived is in it.
 */
const BATCH = 1_000;

/** Where results go, so that no call can be optimised away. */
let kept: unknown;

/** A subject whose figure is microseconds a call. Its turns last `roundMs` from the second on. */
export function timed<Item>({ prepare, call, ...rest }: Call<Item>, { roundMs }: Extent): Subject {
  let calls = PROBE_CALLS;
  return {
    ...rest,
    turn: async () => {
      let allUs = 0;
      for (let done = 0; done < calls; done += BATCH) {
        const items = await prepare(Math.min(BATCH, calls - done));
        // Not before every batch: the garbage of its calls is a part of what they cost.
        if (done === 0) settle();
        allUs += await timeUs(items, call);
      }
      const tookUs = allUs / calls;
      calls = Math.max(1, Math.min(MAX_CALLS, Math.ceil((roundMs * 1_000) / tookUs)));
      return tookUs;
    },
  };
}

async function timeUs<Item>(items: readonly Item[], call: (item: Item) => unknown): Promise<number> {
  const startedNs = process.hrtime.bigint();
  for (const item of items) {
    kept = call(item);
    // Only what is asynchronous pays for waiting.
    if (kept instanceof Promise) kept = await kept;
  }
  return Number(process.hrtime.bigint() - startedNs) / 1_000;
}

/**
 * Nobody pays for the garbage of the one before, or for prepared requests being moved about: two minor collections and
 * they lie where they stay. A full one would also throw away code that was optimised for objects that are gone now.
 */
export function settle(): void {
  for (let count = 0; count < 2; count++) globalThis.gc?.({ type: 'minor', execution: 'sync' });
}

/** Lets subjects take turns and gives a row for each, in their order; ratios are made to the first. */
export async function alternate(subjects: readonly Subject[], turns: Turns): Promise<Row[]> {
  return rowsOf(subjects, await takeTurns(subjects, turns));
}

/** How often each subject takes its turn. V8 needs some ten thousand calls to be done with optimising. */
export interface Turns {
  readonly rounds: number;
  readonly warmUpTurns: number;
}

/** Lets subjects take turns and gives the figures of each, in their order. */
export async function takeTurns(
  subjects: readonly Subject[],
  { rounds, warmUpTurns }: Turns,
): Promise<number[][]> {
  for (const { turn } of subjects) for (let count = 0; count < warmUpTurns; count++) await turn();
  const table: number[][] = subjects.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let step = 0; step < subjects.length; step++) {
      // Nobody is always the one after the heaviest.
      const index = (step + round) % subjects.length;
      table[index]?.push((await subjects[index]?.turn()) ?? Number.NaN);
    }
  }
  return table;
}

/** A row for each, with the median of its rounds; ratios are made to the first, round by round. */
export function rowsOf(
  subjects: readonly Pick<Subject, 'name' | 'role' | 'note'>[],
  table: readonly (readonly number[])[],
): Row[] {
  return subjects.map(({ name, role, note }, index) => {
    const values = table[index] ?? [];
    const ratios = values.map((value, round) => value / (table[0]?.[round] ?? Number.NaN));
    const [low, value, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share));
    return {
      name,
      role,
      value: value ?? Number.NaN,
      low: low ?? Number.NaN,
      high: high ?? Number.NaN,
      ratio: quantile(ratios, 0.5),
      ...(note === undefined ? {} : { note }),
    };
  });
}

/** The value below which this share of the values lies, the nearest one. */
export function quantile(values: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
