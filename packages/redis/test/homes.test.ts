/**
 * A key that several processes know different owners for, or that is given to another: whatever the order of the steps
 * and wherever a process stops, no signature is admitted twice, and at rest the key is admitted.
 */
import { type Admission, acceptanceWindow, type Store } from '@countersign/server';
import { runs } from '@countersign/testkit';
import { admissionAt, type FakeClock, fakeClock, TOLERANCE } from '@countersign/testkit/store-contract';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { bucketIndex } from '../src/bucket-names.js';
import type { Routed } from '../src/link/link.js';
import { storeOver } from '../src/redis-store.js';
import { redisStoreSettings } from '../src/redis-store-options.js';
import { REPLY } from '../src/script/bucket.js';
import { startStandalone } from './real-routes.js';

const { route, stop } = await startStandalone();
afterAll(stop);

const BUCKETS = 5;
const KEY = 'key';
/** The first is in the key's native bucket, the others in buckets of their own. */
const OWNERS = ownersInDifferentBuckets(4);
/** A touch has fewer arguments than other scripts, an admission has more. */
const TOUCH_ARGUMENTS = 3;
const LONG_BEFORE_MS = 40_000_000;
let services = 0;

function ownersInDifferentBuckets(count: number): string[] {
  const owners = [KEY];
  for (let id = 0; owners.length < count; id++) {
    const buckets = owners.map((owner) => bucketIndex(owner, BUCKETS));
    if (!buckets.includes(bucketIndex(`o${id}`, BUCKETS))) owners.push(`o${id}`);
  }
  return owners;
}

type Turn = <Result>(act: () => Promise<Result>) => Promise<Result>;

interface ProcessPlan {
  readonly owner: string;
  /** Stops before its command of this number, or before that one's answer has come. */
  readonly stops?: { readonly at: number; readonly before: 'command' | 'answer' } | undefined;
}

interface Service {
  readonly clock: FakeClock;
  /** How often each nonce was admitted, by the servers' own word, whether the answer arrived or not. */
  readonly admissions: Map<string, number>;
  readonly start: (plan: ProcessPlan, turn: Turn) => Promise<(admission: Admission) => Promise<string>>;
  readonly close: () => Promise<void>;
}

function service(): Service {
  const clock = fakeClock();
  const admissions = new Map<string, number>();
  const stores: Store[] = [];
  const settings = redisStoreSettings({
    prefix: `h${process.pid}-${services++}`,
    timeoutMs: 10_000,
    onWarning: () => {},
  });
  let agoMs = LONG_BEFORE_MS;

  return {
    clock,
    admissions,
    start: async ({ owner, stops }, turn) => {
      let commands = 0;
      const stopsAt = (before: string): boolean =>
        stops !== undefined && (commands > stops.at || (commands === stops.at && stops.before === before));
      const store = storeOver(
        () => ({
          ...route,
          run: (script, bucket, args): Promise<Routed> => {
            if (args.length <= TOUCH_ARGUMENTS) return route.run(script, bucket, args);
            return turn(async () => {
              commands++;
              if (stopsAt('command')) throw new Error('stopped');
              const routed = await route.run(script, bucket, args);
              const head = args[0];
              if (Buffer.isBuffer(head) && routed.reply[0] === REPLY.admitted) {
                const nonce = head.toString('hex', 16, 32);
                admissions.set(nonce, (admissions.get(nonce) ?? 0) + 1);
              }
              if (stopsAt('answer')) throw new Error('stopped');
              return routed;
            });
          },
          close: () => {},
        }),
        settings,
        { buckets: BUCKETS, time: () => [clock.nowMs() - agoMs, clock.monotonicMs()] },
      );
      stores.push(store);
      store.attach(acceptanceWindow(clock.clock, TOLERANCE));
      await store.ready();
      agoMs = 0;
      return async (admission) => (await store.admit({ ...admission, owner })).outcome;
    },
    close: async () => {
      await Promise.all(stores.map((store) => store.close?.()));
    },
  };
}

const processes = fc.array(
  fc.record({
    owner: fc.constantFrom(...OWNERS),
    stops: fc.option(
      fc.record({
        at: fc.integer({ min: 1, max: 8 }),
        before: fc.constantFrom('command' as const, 'answer' as const),
      }),
      { nil: undefined },
    ),
  }),
  { minLength: 2, maxLength: 4 },
);
const asks = fc.array(fc.record({ process: fc.nat({ max: 3 }), nonce: fc.nat({ max: 3 }) }), {
  minLength: 2,
  maxLength: 12,
  size: '+1',
});
const advancesMs = fc.array(fc.constantFrom(1, 40, 90, 300, 1_001, 3_700_000), { maxLength: 3 });

it('L5 a key that changes hands is admitted once, in whatever order processes claim, leave and settle, or stop', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      processes,
      asks,
      advancesMs,
      async (scheduler, plans, sends, advances) => {
        const turn: Turn = (act) =>
          new Promise((resolve, reject) => {
            scheduler.scheduleSequence([async () => void (await act().then(resolve, reject))]);
          });
        const { clock, admissions, start, close } = service();
        const running: ((admission: Admission) => Promise<string>)[] = [];
        for (const plan of plans) running.push(await start(plan, turn));
        const signed = new Map(sends.map(({ nonce }) => [nonce, admissionAt(clock, { key: KEY, nonce })]));
        const all: Promise<void>[] = sends.map(async ({ process, nonce }) => {
          await turn(async () => {});
          const outcome = await running[process % running.length]?.(signed.get(nonce) as Admission);
          seen.set(String(outcome), (seen.get(String(outcome)) ?? 0) + 1);
        });
        for (const ms of advances) all.push(turn(async () => clock.advance(ms)));
        await scheduler.waitFor(Promise.all(all));

        // At rest: whoever is asked for it, the key is admitted, and nothing from before.
        const atOnce: Turn = (act) => act();
        for (const [index, owner] of [...OWNERS, ...OWNERS].entries()) {
          const ask = await start({ owner }, atOnce);
          const fresh = (): Promise<string> => ask(admissionAt(clock, { key: KEY, nonce: 100 + index }));
          const first = await fresh();
          if (first === 'recovering') {
            clock.advance(TOLERANCE.futureMs + 1);
            expect(await fresh()).toBe('admitted');
          } else expect(first).toBe('admitted');
          for (const admission of signed.values()) await ask(admission);
        }
        for (const count of admissions.values()) expect(count).toBe(1);
        await close();
      },
    ),
    { numRuns: runs(150) },
  );
  for (const outcome of ['admitted', 'replayed', 'recovering', 'unavailable']) {
    expect(seen.get(outcome), outcome).toBeGreaterThan(runs(10));
  }
});

it('L5 a key that stays with an owner of another name is claimed again before its claim runs out, and refused nothing', async () => {
  const { clock, admissions, start, close } = service();
  const [, owner = ''] = OWNERS;
  const ask = await start({ owner }, (act) => act());
  const before: Admission[] = [];
  for (let nonce = 0; nonce < 200; nonce++) {
    const admission = admissionAt(clock, { key: KEY, nonce });
    expect(await ask(admission)).toBe('admitted');
    before.push(admission);
    clock.advance(nonce % 50 === 0 ? 3_599_950 : 40);
    for (const old of before.slice(-20)) expect(await ask(old)).not.toBe('admitted');
  }
  expect(admissions.size).toBe(200);
  await close();
});
