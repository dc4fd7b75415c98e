/**
 * L5: no (key, nonce) is admitted twice, under any interleaving of bodies, store operations, floods and clock steps.
 * fast-check's scheduler chooses the interleaving. Restarts are in `../attacks/restart.test.ts`.
 */
import { memoryStore } from '@countersign/server';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runs, type SignedHead } from '../../src/index.js';
import { KEY, type Outcome, outcomeOf, type Service, serve, sign, T } from '../attacks/service.js';
import { slowStore } from '../attacks/slow-store.js';

const KEYS = { key_1: KEY, key_2: KEY };
const BODY = 'the body of a request';

interface Plan {
  readonly signatures: readonly {
    readonly keyId: string;
    readonly offsetMs: number;
    readonly copies: number;
  }[];
  readonly flood: number;
  readonly maxNonces: number;
  readonly stepsMs: readonly number[];
  readonly limit: number;
}
const plans: fc.Arbitrary<Plan> = fc.record({
  signatures: fc.array(
    fc.record({
      keyId: fc.constantFrom('key_1', 'key_2'),
      offsetMs: fc.constantFrom(0, 1, 5000, 10_000, -5000, -299_000),
      copies: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  flood: fc.nat(5),
  maxNonces: fc.constantFrom(1, 2, 3, 1_000_000),
  stepsMs: fc.array(fc.constantFrom(1, 1000, -1000, 60_000, 301_000, -301_000, 3_600_000, -3_600_000), {
    maxLength: 4,
  }),
  limit: fc.constantFrom(1, 2, 1000),
});
const QUIET: Pick<Plan, 'flood' | 'maxNonces' | 'stepsMs' | 'limit'> = {
  flood: 0,
  maxNonces: 1_000_000,
  stepsMs: [],
  limit: 1000,
};

interface Race {
  readonly service: Service;
  /** The copies of each signature, and what became of each. */
  readonly copies: readonly { readonly head: SignedHead; readonly outcomes: Outcome[] }[];
}

/** Sends everything at once, lets the scheduler choose who goes on when, and waits until all is answered. */
async function race(scheduler: fc.Scheduler, plan: Plan): Promise<Race> {
  const turn = (): Promise<void> => scheduler.schedule(Promise.resolve());
  const store = slowStore(memoryStore({ maxNonces: plan.maxNonces }), turn);
  const service = serve({ store, storeTimeoutMs: 60_000, limits: { orders: `${plan.limit}/m` } }, KEYS);
  const send = async (head: SignedHead): Promise<Outcome> => {
    const proved = await service.verifier.verify(head, { scope: 'orders' });
    if (!proved.ok) return proved.code;
    return outcomeOf(await proved.buffer(inPieces(turn)));
  };

  const copies = plan.signatures.map(({ keyId, offsetMs }) => ({
    head: sign({ method: 'POST', body: BODY, keyId, signedAtMs: T + offsetMs }),
    outcomes: [] as Outcome[],
  }));
  const all: Promise<unknown>[] = [];
  for (const [i, { copies: count }] of plan.signatures.entries()) {
    const copy = copies[i];
    if (copy === undefined) continue;
    for (let n = 0; n < count; n++) {
      all.push(
        turn()
          .then(() => send(copy.head))
          .then((outcome) => copy.outcomes.push(outcome)),
      );
    }
  }
  for (let i = 0; i < plan.flood; i++) {
    const junk = sign({ method: 'POST', body: BODY, keyId: 'key_1', signedAtMs: T + 1000 * i });
    all.push(turn().then(() => send(junk)));
  }
  for (const stepMs of plan.stepsMs) {
    all.push(
      turn().then(() => {
        service.clock.nowMs += stepMs;
      }),
    );
  }
  await scheduler.waitFor(Promise.all(all));
  return { service, copies };
}

async function* inPieces(turn: () => Promise<void>): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(BODY);
  for (let at = 0; at < bytes.length; at += 10) {
    await turn();
    yield bytes.subarray(at, at + 10);
  }
}

const admissionsOf = (outcomes: readonly Outcome[]): number =>
  outcomes.filter((outcome) => outcome === 'admitted').length;

it('L5 once: no signature is admitted twice, whatever is sent, stepped and forgotten meanwhile and after', async () => {
  const seen = new Set<Outcome>();
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      plans,
      fc.array(fc.integer({ min: -400_000, max: 400_000 }), { maxLength: 5 }),
      async (scheduler, plan, laterMs) => {
        const { service, copies } = await race(scheduler, plan);
        for (const stepMs of laterMs) {
          service.clock.nowMs += stepMs;
          for (const { head, outcomes } of copies) {
            const again = service.outcome(head);
            await scheduler.waitFor(again);
            outcomes.push(await again);
          }
        }
        for (const { outcomes } of copies) {
          expect(admissionsOf(outcomes), outcomes.join()).toBeLessThanOrEqual(1);
          for (const outcome of outcomes) seen.add(outcome);
        }
      },
    ),
    { numRuns: runs(1000) },
  );
  for (const outcome of [
    'admitted',
    'replayed-nonce',
    'rate-limited',
    'stale-timestamp',
    'future-timestamp',
    'store-recovering',
  ]) {
    expect(seen).toContain(outcome);
  }
});

it('L5 once: and exactly once, where nothing stands against it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), plans, async (scheduler, { signatures }) => {
      const { copies } = await race(scheduler, { signatures, ...QUIET });
      for (const { outcomes } of copies) {
        expect(outcomes.toSorted()).toEqual([
          'admitted',
          ...Array(outcomes.length - 1).fill('replayed-nonce'),
        ]);
      }
    }),
    { numRuns: runs(1000) },
  );
});

it('L5 once: a nonce that is signed again for another time finds the first, in whatever order they come', async () => {
  const times = fc.array(fc.integer({ min: -290_000, max: 10_000 }), { minLength: 2, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), times, fc.uuid(), async (scheduler, offsetsMs, nonce) => {
      const turn = (): Promise<void> => scheduler.schedule(Promise.resolve());
      const service = serve({ store: slowStore(memoryStore(), turn), storeTimeoutMs: 60_000 }, KEYS);
      const sent = offsetsMs.map((offsetMs) => service.outcome(sign({ nonce, signedAtMs: T + offsetMs })));
      const ofAnotherKey = service.outcome(sign({ nonce, keyId: 'key_2' }));
      const all = Promise.all([...sent, ofAnotherKey]);
      await scheduler.waitFor(all);
      expect(admissionsOf(await Promise.all(sent))).toBe(1);
      expect(await ofAnotherKey).toBe('admitted');
    }),
    { numRuns: runs(1000) },
  );
});
