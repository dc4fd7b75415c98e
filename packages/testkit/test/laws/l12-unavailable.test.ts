/** L12: a store that fails, in whatever way, is answered 503 within the deadline: never 401, never 429, never admitted. */
import type { AdmissionResult, Store } from '@countersign/server';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runs } from '../../src/index.js';
import { refusedOf, serve, sign, T } from '../attacks/service.js';

const DEADLINE_MS = 5;
/** What a machine that runs other tests too may add to a timer. */
const PATIENCE_MS = 2000;

const admitted: AdmissionResult = { outcome: 'admitted', levels: [] };
const hostile = fc.oneof(
  fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true }),
  fc.constantFrom<unknown[]>(undefined, null, Object.create(null), Symbol('x'), new Error('down'), {
    toString: 0,
  }),
);
/** What is no outcome of the contract, however near it comes. */
const noOutcomes = fc.oneof(
  fc.constantFrom<unknown[]>(
    undefined,
    null,
    true,
    'admitted',
    ['admitted'],
    {},
    { outcome: 'ADMITTED' },
    { outcome: ['admitted'] },
  ),
  fc.anything().filter((value) => typeof value !== 'object' || value === null || !('outcome' in value)),
);

interface Fault {
  readonly name: string;
  readonly answer: () => unknown;
}
const faults: fc.Arbitrary<Fault> = fc.oneof(
  hostile.map((error) => ({
    name: 'throws',
    answer: () => {
      throw error;
    },
  })),
  hostile.map((error) => ({ name: 'rejects', answer: () => Promise.reject(error) })),
  fc.tuple(hostile, fc.nat(2 * DEADLINE_MS)).map(([error, waitMs]) => ({
    name: 'rejects late',
    answer: () => later(waitMs).then(() => Promise.reject(error)),
  })),
  fc.constant({ name: 'never answers', answer: () => new Promise(() => {}) }),
  fc.constant({
    name: 'admits after the deadline',
    answer: () => later(DEADLINE_MS * 2_000).then(() => admitted),
  }),
  noOutcomes.map((value) => ({ name: 'answers nothing of use', answer: () => value })),
  noOutcomes.map((value) => ({
    name: 'answers nothing of use, later',
    answer: () => Promise.resolve(value),
  })),
  noOutcomes.map((value) => ({
    name: 'is a thenable of nothing of use',
    answer: () => thenable((resolve) => resolve(value)),
  })),
  hostile.map((error) => ({
    name: 'is a thenable that throws',
    answer: () =>
      thenable(() => {
        throw error;
      }),
  })),
);

/** A promise of another library. */
function thenable(then: (resolve: (value: unknown) => void) => void): object {
  return Object.defineProperty({}, 'then', { value: then });
}

/** Timers that do not keep the process. */
function later(waitMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, waitMs).unref());
}

function failing({ answer }: Fault): Store {
  return { admit: answer as Store['admit'], declareStale: answer as () => Promise<number> };
}

const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => {
  unhandled.push(reason);
};
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', onUnhandled);
});
afterEach(() => {
  process.off('unhandledRejection', onUnhandled);
});

it('L12 unavailable is not denied: 503 within the deadline, whatever a store does instead of answering', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(faults, { minLength: 8, maxLength: 8 }), async (list) => {
      await Promise.all(
        list.map(async (fault) => {
          seen.set(fault.name, (seen.get(fault.name) ?? 0) + 1);
          const service = serve({
            store: failing(fault),
            storeTimeoutMs: DEADLINE_MS,
            limits: { orders: '1/m' },
          });
          const startedAtMs = performance.now();
          const refused = refusedOf(await service.send(sign()));
          expect(performance.now() - startedAtMs).toBeLessThan(DEADLINE_MS + PATIENCE_MS);
          expect(refused).toMatchObject({
            code: 'store-unavailable',
            status: 503,
            retryAfterMs: 1000,
            headers: { 'retry-after': '1' },
          });
          expect(refused.headers['countersign-verdict']).toMatch(
            /^code="store-unavailable", .* dead-since="", retry-after-ms="1000"/,
          );
        }),
      );
    }),
    { numRuns: runs(250) },
  );
  expect(seen.size).toBe(9);
  await later(DEADLINE_MS * 3);
  expect(unhandled).toEqual([]);
});

it('L12 unavailable is not denied: nor is a signature declared dead by a store that cannot say so', async () => {
  const unanswering = faults.filter(({ name }) => /throws|rejects|never/.test(name));
  await fc.assert(
    fc.asyncProperty(fc.array(unanswering, { minLength: 8, maxLength: 8 }), async (list) => {
      await Promise.all(
        list.map(async (fault) => {
          const service = serve({ store: failing(fault), storeTimeoutMs: DEADLINE_MS });
          const stale = sign({ signedAtMs: T - 400_000 });
          expect(refusedOf(await service.send(stale))).toMatchObject({
            code: 'store-unavailable',
            status: 503,
          });
        }),
      );
    }),
    { numRuns: runs(125) },
  );
  expect(unhandled).toEqual([]);
});
