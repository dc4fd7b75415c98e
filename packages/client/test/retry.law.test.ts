/** L14 and what follows from it, over virtual time: the real call, a naive server, an adversary for a network. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CountersignError } from '../src/index.js';
import { type NetworkPlan, runCall, type ServerPlan, type World } from './retry-model.js';

const RUNS = { numRuns: 3000 };
const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE'];

const methods = fc.constantFrom('GET', 'HEAD', 'OPTIONS', ...UNSAFE);

/** Moments in the life of a signature: short, around the window's edges, long. */
const delayMs = fc.oneof(
  fc.integer({ min: 0, max: 2000 }),
  fc.integer({ min: 0, max: 40_000 }),
  fc.integer({ min: 280_000, max: 330_000 }),
  fc.integer({ min: 0, max: 900_000 }),
);
const skewMs = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -20_000, max: 20_000 }),
  fc.integer({ min: -700_000, max: 700_000 }),
);
const network: fc.Arbitrary<NetworkPlan> = fc.record({
  requestAfterMs: fc.option(delayMs, { nil: undefined, freq: 6 }),
  copiesAfterMs: fc.array(delayMs, { maxLength: 3 }),
  answerAfterMs: delayMs,
  answer: fc.constantFrom('true', 'true', 'true', 'lost', 'gateway', 'replayed', 'forged', 'verdict-of-copy'),
  asleep: fc.boolean(),
});
const server: fc.Arbitrary<ServerPlan> = fc.constantFrom(
  'admit',
  'admit',
  'limit',
  'unavailable',
  'limit-for-ever',
  'gateway-error-of-the-handler',
);
const world: fc.Arbitrary<World> = fc.record({
  method: fc.constantFrom(...UNSAFE),
  repeatable: fc.oneof(
    { weight: 4, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  skewMs,
  network: fc.array(network, { minLength: 1, maxLength: 6 }),
  server: fc.array(server, { minLength: 1, maxLength: 4 }),
  restartsMs: fc.array(fc.integer({ min: -20_000, max: 600_000 }), { maxLength: 2 }),
  receipts: fc.boolean(),
});
/** A network that loses, delays and forges, and makes nothing twice. */
const withoutCopies = (plan: NetworkPlan): NetworkPlan => ({
  ...plan,
  copiesAfterMs: [],
  answer: plan.answer === 'replayed' ? 'gateway' : plan.answer,
});
/** Nothing is lost, copied, held or forged. */
const honest: NetworkPlan = {
  requestAfterMs: 20,
  copiesAfterMs: [],
  answerAfterMs: 45,
  answer: 'true',
  asleep: false,
};

test('L14 one call executes an unsafe method at most once, whatever the network, the clocks and restarts do', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const { executions } = await runCall(given);
      expect(executions.length).toBeLessThanOrEqual(1);
    }),
    RUNS,
  );
});

test('L14 a call that cannot send its body twice sends once', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const { sends } = await runCall({ ...given, repeatable: false });
      expect(sends).toBe(1);
    }),
    RUNS,
  );
});

test('L14 no call sends more often than it may, or signs an unsafe method more than twice, and it always ends', async () => {
  await fc.assert(
    fc.asyncProperty(world, methods, async (given, method) => {
      const { sends, signatures, result } = await runCall({ ...given, method });
      expect(sends).toBeLessThanOrEqual(6);
      expect(signatures).toBeLessThanOrEqual(UNSAFE.includes(method) ? 2 : sends);
      if ('threw' in result) expect(result.threw).toBeInstanceOf(CountersignError);
    }),
    RUNS,
  );
});

test('L14 an error’s outcome is right: admitted always, not-admitted where nothing is copied or played back', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(world, fc.boolean(), async (given, passive) => {
      const network = passive ? given.network.map(withoutCopies) : given.network;
      const { result, executions, executedWhenItEnded } = await runCall({
        ...given,
        network,
        restartsMs: [],
      });
      if (!('threw' in result) || !(result.threw instanceof CountersignError)) return;
      seen.add(`${result.threw.code}: ${result.threw.outcome}`);
      if (result.threw.outcome === 'admitted') expect(executedWhenItEnded).toBeGreaterThan(0);
      if (result.threw.outcome === 'not-admitted' && passive) expect(executions).toHaveLength(0);
    }),
    { numRuns: 6000 },
  );
  // The model reaches every ending.
  expect([...seen].sort()).toEqual([
    'already-admitted: admitted',
    'clock-skew: not-admitted',
    'clock-skew: unknown',
    'outcome-unknown: unknown',
    'rate-limited: not-admitted',
    'rate-limited: unknown',
    'store-unavailable: not-admitted',
  ]);
});

test('a recorded time or verdict played back to steer a client’s clock: no answer moves it away from the truth', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const { clockErrorMs } = await runCall(given);
      expect(clockErrorMs).toBeLessThanOrEqual(Math.abs(given.skewMs) + 1);
    }),
    RUNS,
  );
});

test('a right clock is never moved', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const { clockErrorMs } = await runCall({ ...given, skewMs: 0 });
      expect(clockErrorMs).toBe(0);
    }),
    RUNS,
  );
});

test('a slow clock costs one more signature, and the call is executed once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 300_100, max: 80_000_000 }), async (slowMs) => {
      const given: World = {
        method: 'POST',
        repeatable: true,
        skewMs: -slowMs,
        network: [honest],
        server: ['admit'],
        restartsMs: [],
        receipts: false,
      };
      const { executions, signatures, result, clockErrorMs } = await runCall(given);
      expect(result).toEqual({ returned: 'handler' });
      expect([executions.length, signatures]).toEqual([1, 2]);
      expect(clockErrorMs).toBeLessThanOrEqual(45);
    }),
    { numRuns: 1000 },
  );
});

test('a signature under the horizon of a restarted server is made anew after the wait, and the call is executed once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: -290_000, max: 9000 }), async (clientSkewMs) => {
      const given: World = {
        method: 'POST',
        repeatable: true,
        skewMs: clientSkewMs,
        network: [honest],
        server: ['admit'],
        // Longer ago than the answer took: else nothing is proved.
        restartsMs: [-100],
        receipts: true,
      };
      const { executions, signatures, result } = await runCall(given);
      expect(result).toEqual({ returned: 'admitted' });
      expect([executions.length, signatures]).toEqual([1, 2]);
    }),
    { numRuns: 1000 },
  );
});

test('while the network is honest and the server limits less than it may retry, every call returns', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('limit' as const, 'unavailable' as const), { maxLength: 4 }),
      fc.constantFrom('GET', ...UNSAFE),
      async (refusals, method) => {
        const { executions, signatures, sends } = await runCall({
          method,
          repeatable: true,
          skewMs: 0,
          network: [honest],
          server: [...refusals, 'admit'],
          restartsMs: [],
          receipts: false,
        });
        expect([executions.length, signatures, sends]).toEqual([1, 1, refusals.length + 1]);
      },
    ),
    { numRuns: 1000 },
  );
});
