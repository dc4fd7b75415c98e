/**
 * L6: a refused request consumes no budget and leaves no nonce; an admitted one is charged once to each budget on its
 * path. One property is a history and its shadow, which hears of the admitted requests alone; the other a race.
 */
import { type BudgetLevel, type Limits, memoryStore, type Verdict } from '@countersign/server';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runs, type SignedHead } from '../../src/index.js';
import {
  KEY,
  OTHER_SECRET,
  type Outcome,
  outcomeOf,
  type Service,
  serve,
  sign,
  T,
  TOLERANCE,
} from '../attacks/service.js';
import { slowStore } from '../attacks/slow-store.js';

const KEYS = { key_1: { ...KEY, owner: 'acme' }, key_2: { ...KEY, owner: 'acme' }, key_3: KEY };
const LIMITS: Limits = {
  '*': '20/m',
  orders: ['12/m', '6/s'],
  'orders:write': '8/m',
  'orders:write:+': '4/m',
  'orders:write:t1': '4/m',
};
const SCOPES = ['orders', 'orders:write', 'orders:write:t1', 'orders:write:t2', 'orders:write:t1:deep'];

interface Step {
  readonly keyId: keyof typeof KEYS;
  readonly scope: string;
  readonly cost: number;
  readonly waitMs: number;
  readonly fault: 'none' | 'forged' | 'stale' | 'future' | 'body' | 'scope' | 'replay' | 'target';
}
const steps: fc.Arbitrary<Step> = fc.record({
  keyId: fc.constantFrom('key_1', 'key_2', 'key_3'),
  scope: fc.constantFrom(...SCOPES),
  cost: fc.constantFrom(1, 1, 1, 2, 3, 5, 100),
  waitMs: fc.constantFrom(0, 0, 0, 1, 300, 999, 1000, 20_000, 60_000),
  fault: fc.oneof(
    { weight: 5, arbitrary: fc.constant('none' as const) },
    {
      weight: 2,
      arbitrary: fc.constantFrom('forged', 'stale', 'future', 'body', 'scope', 'replay', 'target'),
    },
  ),
});

interface Sent {
  readonly head: SignedHead;
  readonly body: string;
  readonly cost: number;
}

function make({ keyId, scope, cost, fault }: Step, nowMs: number, earlier: readonly Sent[]): Sent {
  const right = { method: 'POST', keyId, scope, body: 'x', signedAtMs: nowMs };
  const offsetMs = fault === 'stale' ? -300_001 : fault === 'future' ? 10_001 : 0;
  const secret = fault === 'forged' ? { secret: OTHER_SECRET } : {};
  const head = sign({
    ...right,
    ...secret,
    signedAtMs: nowMs + offsetMs,
    scope: fault === 'scope' ? 'invoices' : scope,
  });
  const sent = {
    head: fault === 'target' ? { ...head, target: '/other' } : head,
    body: fault === 'body' ? 'y' : 'x',
    cost,
  };
  return fault === 'replay' ? (earlier.at(-1) ?? sent) : sent;
}

const verify = async ({ verifier }: Service, { head, body, cost }: Sent): Promise<Verdict> =>
  verifier.verify(head, { scope: 'orders', children: true, cost, body });
const levelsOf = (verdict: Verdict): readonly BudgetLevel[] | undefined =>
  verdict.ok ? verdict.budgets : undefined;

it('L6 all or nothing: a history and its admitted requests alone leave the same budgets and nonces', async () => {
  const seen = new Map<Outcome, number>();
  let retried = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 40 }), async (history) => {
      const [service, shadow] = [serve({ limits: LIMITS }, KEYS), serve({ limits: LIMITS }, KEYS)];
      const earlier: Sent[] = [];
      const limited = new Map<Sent, number>();
      for (const step of history) {
        service.clock.nowMs += step.waitMs;
        shadow.clock.nowMs = service.clock.nowMs;
        const sent = make(step, service.clock.nowMs, earlier);
        earlier.push(sent);
        const verdict = await verify(service, sent);
        seen.set(outcomeOf(verdict), (seen.get(outcomeOf(verdict)) ?? 0) + 1);
        if (verdict.ok) expect(levelsOf(verdict)).toEqual(levelsOf(await verify(shadow, sent)));
        const isLimited = !verdict.ok && verdict.code === 'rate-limited' && sent.cost < 4;
        if (isLimited && !limited.has(sent)) limited.set(sent, service.clock.nowMs);
        if (verdict.ok) limited.delete(sent);
      }
      // After the wait, the very requests that were refused: no nonce of theirs was kept.
      for (const [sent, sentAtMs] of [...limited].slice(-3)) {
        service.clock.nowMs += 60_000;
        if (service.clock.nowMs - sentAtMs > TOLERANCE.pastMs) continue;
        retried++;
        expect(outcomeOf(await verify(service, sent))).toBe('admitted');
        expect(outcomeOf(await verify(service, sent))).toBe('replayed-nonce');
      }
    }),
    { numRuns: runs(1000) },
  );
  expect(retried).toBeGreaterThan(100);
  for (const outcome of [
    'admitted',
    'rate-limited',
    'invalid-signature',
    'stale-timestamp',
    'future-timestamp',
    'digest-mismatch',
    'scope-mismatch',
    'replayed-nonce',
  ] as const) {
    expect(seen.get(outcome) ?? 0, outcome).toBeGreaterThan(100);
  }
});

/** The budgets on a path, by name: what each has left. Asks for more than any has, so that nothing is taken. */
async function leftOf(service: Service, keyId: string, scope: string): Promise<Map<string, number>> {
  await verify(service, {
    head: sign({ keyId, scope, signedAtMs: service.clock.nowMs }),
    body: '',
    cost: 1_000_000,
  });
  return new Map((service.events.at(-1)?.budgets ?? []).map(({ policy, remaining }) => [policy, remaining]));
}

/** The budgets that a scope is charged to, written out by hand. */
const PATHS: Record<string, readonly string[]> = {
  orders: ['orders 12/60s', 'orders 6/1s', '* 20/60s'],
  'orders:write': ['orders:write:+ 4/60s', 'orders:write 8/60s', 'orders 12/60s', 'orders 6/1s', '* 20/60s'],
  'orders:write:t1': [
    'orders:write:t1 4/60s',
    'orders:write 8/60s',
    'orders 12/60s',
    'orders 6/1s',
    '* 20/60s',
  ],
  'orders:write:t2': [
    'orders:write:t2 4/60s',
    'orders:write 8/60s',
    'orders 12/60s',
    'orders 6/1s',
    '* 20/60s',
  ],
  'orders:write:t1:deep': [
    'orders:write:t1 4/60s',
    'orders:write 8/60s',
    'orders 12/60s',
    'orders 6/1s',
    '* 20/60s',
  ],
};
const limitOf = (policy: string): number => Number(/ ([0-9]+)\//.exec(policy)?.[1]);

it('L6 all or nothing: in a race, each budget has lost what the admitted requests cost, once each', async () => {
  let races = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(steps, { minLength: 4, maxLength: 12 }),
      async (scheduler, list) => {
        const turn = (): Promise<void> => scheduler.schedule(Promise.resolve());
        const fast = memoryStore();
        const service = serve({ limits: LIMITS, store: slowStore(fast, turn), storeTimeoutMs: 60_000 }, KEYS);
        const earlier: Sent[] = [];
        const all = list.map(async (step) => {
          const sent = make(step, T, earlier);
          earlier.push(sent);
          return { sent, verdict: await verify(service, sent) };
        });
        const settled = Promise.all(all);
        await scheduler.waitFor(settled);
        const admitted = (await settled).filter(({ verdict }) => verdict.ok);

        const spent = new Map<string, number>();
        for (const { sent, verdict } of admitted) {
          if (!verdict.ok) continue;
          expect(verdict.budgets.map(({ policy }) => policy)).toEqual(PATHS[verdict.scope]);
          for (const policy of PATHS[verdict.scope] ?? []) {
            const identity = `${verdict.key.owner} ${policy}`;
            spent.set(identity, (spent.get(identity) ?? 0) + sent.cost);
          }
        }
        for (const [owner, keyId] of [
          ['acme', 'key_1'],
          ['key_3', 'key_3'],
        ] as const) {
          for (const scope of SCOPES) {
            const asking = leftOf(service, keyId, scope);
            await scheduler.waitFor(asking);
            for (const [policy, left] of await asking) {
              expect(left, policy).toBe(limitOf(policy) - (spent.get(`${owner} ${policy}`) ?? 0));
              expect(left).toBeGreaterThanOrEqual(0);
            }
          }
        }
        expect(fast.size).toBe(admitted.length);
        if (admitted.length > 1 && admitted.length < list.length) races++;
      },
    ),
    { numRuns: runs(1000) },
  );
  expect(races).toBeGreaterThan(runs(500));
});
