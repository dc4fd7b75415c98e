/**
 * Histories of requests and of time, and how one is played against a store.
 */
import type { Admission, AdmissionResult, Charge } from '@countersign/server';
import fc from 'fast-check';
import { admissionAt, charge, type Subject, TOLERANCE } from './subject.js';

export type Step =
  | {
      readonly kind: 'ask';
      readonly key: string;
      readonly nonce: number;
      readonly ageMs: number;
      readonly charges: readonly Charge[];
    }
  /** The same signed request as the `which`-th before, counted from the last. */
  | { readonly kind: 'again'; readonly which: number }
  | {
      readonly kind: 'flood';
      readonly key: string;
      readonly count: number;
      readonly charges: readonly Charge[];
    }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'step'; readonly ms: number };

/** One request and its answer. */
export interface Played {
  readonly admission: Admission;
  readonly result: AdmissionResult;
  readonly nowMs: number;
  readonly atMs: number;
}

/** Names that collide where something is joined without delimiters, or kept in a plain object. */
const OWNERS = new Map([
  ['k', 'o'],
  ['k:1', 'o'],
  ['k1', 'k'],
  ['k:', 'o:'],
  ['constructor', '__proto__'],
  ['__proto__', 'constructor'],
]);

/** A budget is known by owner and policy, and a policy has one rate. */
const RATES: readonly Charge[] = [
  charge('one', 1, 300),
  charge('few', 3, 1_000),
  charge('wide', 5, 5_000),
  charge('exact', 128, 700),
  charge('sliced', 129, 1_000),
  charge('odd', 200, 333),
];

const costs = fc.oneof(
  { weight: 6, arbitrary: fc.constant(() => 1) },
  { weight: 2, arbitrary: fc.constant((limit: number) => Math.ceil(limit / 2)) },
  { weight: 1, arbitrary: fc.constant((limit: number) => limit) },
  { weight: 1, arbitrary: fc.constant((limit: number) => limit + 1) },
);

const charges: fc.Arbitrary<readonly Charge[]> = fc
  .tuple(fc.shuffledSubarray([...RATES], { maxLength: 3 }), costs)
  .map(([rates, cost]) => rates.map((rate) => ({ ...rate, cost: cost(rate.limit) })));

const { pastMs, futureMs } = TOLERANCE;
const ages = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: -futureMs, max: pastMs }) },
  { weight: 1, arbitrary: fc.constantFrom(-futureMs - 1, -futureMs, pastMs, pastMs + 1) },
);
const key = fc.constantFrom(...OWNERS.keys());
const gaps = fc.oneof(
  fc.constantFrom(0, 1, 15, 16, 299, 300, 301, 699, 999, 1_000, 1_001, 1_016, 1_101),
  fc.integer({ min: 0, max: 1_500 }),
);

const ask = fc.record({
  kind: fc.constant('ask' as const),
  key,
  nonce: fc.nat({ max: 12 }),
  ageMs: ages,
  charges,
});
const again = fc.record({ kind: fc.constant('again' as const), which: fc.nat({ max: 20 }) });
const advance = fc.record({ kind: fc.constant('advance' as const), ms: gaps });
const flood = fc.record({
  kind: fc.constant('flood' as const),
  key,
  count: fc.integer({ min: 2, max: 40 }),
  charges: fc.constantFrom<readonly Charge[]>(
    [],
    [charge('sliced', 129, 1_000, 7)],
    [charge('exact', 128, 700, 9)],
  ),
});
const step = fc.record({
  kind: fc.constant('step' as const),
  ms: fc.constantFrom(-100_000, -1_500, -1_000, -200, 200, 1_000, 1_500, 100_000),
});

/** Requests, repetitions and floods while time passes. */
export const steadyHistories: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: ask },
    { weight: 4, arbitrary: again },
    { weight: 4, arbitrary: advance },
    { weight: 1, arbitrary: flood },
  ),
  { minLength: 1, maxLength: 40 },
);

/** The same, while somebody sets the wall clock. */
export const unsteadyHistories: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: ask },
    { weight: 8, arbitrary: again },
    { weight: 3, arbitrary: advance },
    { weight: 2, arbitrary: step },
    { weight: 2, arbitrary: flood },
  ),
  { minLength: 1, maxLength: 40 },
);

/** Plays a history and tells of each answer as it comes. */
export async function play(
  { store, clock }: Subject,
  steps: readonly Step[],
  onAnswer: (played: Played) => void,
): Promise<void> {
  const asked: Admission[] = [];
  let freshNonce = 1_000;
  const admit = async (admission: Admission): Promise<void> => {
    asked.push(admission);
    const [nowMs, atMs] = [clock.nowMs(), clock.monotonicMs()];
    onAnswer({ admission, result: await store.admit(admission), nowMs, atMs });
  };
  for (const step of steps) {
    if (step.kind === 'advance') {
      clock.advance(step.ms);
    } else if (step.kind === 'step') {
      clock.step(step.ms);
    } else if (step.kind === 'again') {
      const earlier = asked.at(-1 - step.which);
      if (earlier !== undefined) await admit(earlier);
    } else if (step.kind === 'ask') {
      await admit(admissionAt(clock, { ...step, ...ownerOf(step.key) }));
    } else {
      for (let count = 0; count < step.count; count++) {
        await admit(admissionAt(clock, { ...step, ...ownerOf(step.key), nonce: freshNonce++ }));
      }
    }
  }
}

function ownerOf(key: string): { owner: string } {
  return { owner: OWNERS.get(key) ?? key };
}
