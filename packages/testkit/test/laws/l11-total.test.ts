/** L11: no input makes the verifier throw. What a wrong configuration does is in `l11-options.test.ts`. */
import {
  ANY_HOST,
  REFUSALS,
  type Refused,
  type RouteOptions,
  type VerifierOptions,
} from '@countersign/server';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { junkRequests, junkTexts, runs, TEST_AUDIENCE } from '../../src/index.js';
import { outcomeOf, serve, sign, T } from '../attacks/service.js';

const variants: Partial<VerifierOptions>[] = [
  { limits: { '*': '1000000/s', orders: '500/m', 'orders:+': '50/m' }, maxBodyBytes: 8 },
  { audience: [TEST_AUDIENCE, 'other.example'], debug: true, receipts: true },
  { audience: ANY_HOST, requireSigned: ['x-a'], failures: { limit: 5 } },
  { header: 'x-a' },
];
const routes: RouteOptions[] = [
  { scope: 'orders', children: true },
  {},
  { scope: ({ path }) => path, cost: ({ query }) => query.length },
  {
    scope: () => {
      throw new Error('of the operator');
    },
  },
];

/** An answer can be written: a status, fields without line ends, a document in JSON. */
function expectWritable({ code, status, headers, problem }: Refused): void {
  expect(REFUSALS[code].status).toBe(status);
  for (const [name, value] of Object.entries(headers)) {
    expect(name).toMatch(/^[a-z-]+$/);
    expect(value).toMatch(/^[\x20-\x7e]*$/);
  }
  expect(JSON.parse(JSON.stringify(problem))).toMatchObject({ code, status });
}

describe('L11 total', () => {
  it('gives a verdict on whatever method, target, fields, body and address come', () => {
    const seen = new Map<string, number>();
    const services = variants.map((options) => serve(options));
    fc.assert(
      fc.property(
        junkRequests(T),
        fc.nat(3),
        fc.constantFrom(...routes),
        ({ body, ...request }, variant, route) => {
          const verdict = services[variant]?.verifier.verify(request, { ...route, body });
          if (verdict === undefined || verdict instanceof Promise) throw new Error('not at once');
          seen.set(outcomeOf(verdict), (seen.get(outcomeOf(verdict)) ?? 0) + 1);
          if (!verdict.ok) expectWritable(verdict);
        },
      ),
      { numRuns: runs(4000) },
    );
    // Every step was reached, not the first alone.
    for (const outcome of [
      'admitted',
      'missing-signature',
      'malformed-signature',
      'malformed-target',
      'malformed-request',
      'wrong-audience',
      'invalid-signature',
      'stale-timestamp',
      'future-timestamp',
      'scope-mismatch',
      'scope-not-granted',
      'digest-mismatch',
      'body-too-large',
      'too-many-failures',
      'ambiguous-target',
    ]) {
      expect(seen.get(outcome) ?? 0, outcome).toBeGreaterThan(3);
    }
  });

  it('gives a verdict on a body whatever its source does', async () => {
    type Step = Uint8Array | 'throws' | 'throws nothing' | 'yields no bytes';
    const steps = fc.array(
      fc.oneof<fc.Arbitrary<Step>[]>(
        fc.uint8Array({ minLength: 0, maxLength: 40, size: 'max' }),
        fc.constantFrom('throws', 'throws nothing', 'yields no bytes'),
      ),
      { maxLength: 4 },
    );
    async function* play(list: readonly Step[]): AsyncGenerator<Uint8Array> {
      for (const step of list) {
        if (step === 'throws') throw new Error('ECONNRESET');
        if (step === 'throws nothing') throw undefined;
        yield step === 'yields no bytes' ? (undefined as never) : step;
      }
    }
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), fc.boolean(), async (list, breaksAtOnce, streams) => {
        const service = serve({ maxBodyBytes: 40 });
        const right = Buffer.concat(list.filter((step) => step instanceof Uint8Array));
        const proved = await service.verifier.verify(sign({ method: 'POST', body: right }), {
          scope: 'orders',
        });
        if (!proved.ok) throw new Error(proved.code);
        const source = breaksAtOnce
          ? {
              [Symbol.asyncIterator]: (): AsyncIterator<Uint8Array> => {
                throw new Error('used up');
              },
            }
          : play(list);
        if (!streams) {
          const verdict = await proved.buffer(source);
          seen.add(outcomeOf(verdict));
          if (!verdict.ok) expectWritable(verdict);
          return;
        }
        const admitted = await proved.stream(source);
        if (!admitted.ok) throw new Error(admitted.code);
        try {
          for await (const _ of admitted.body);
          await admitted.verified;
          seen.add('verified');
        } catch {
          const error = await admitted.verified.catch((reason) => reason);
          const refused = admitted.refuse(error);
          seen.add(`streamed ${refused.code}`);
          expectWritable(refused);
        }
      }),
      { numRuns: runs(1000) },
    );
    expect([...seen].toSorted()).toEqual([
      'admitted',
      'body-too-large',
      'digest-mismatch',
      'streamed body-too-large',
      'streamed digest-mismatch',
      'verified',
    ]);
  });

  it('gives a verdict whatever the functions of a route return or throw', async () => {
    const anything = fc.oneof(fc.anything(), junkTexts(), fc.integer(), fc.constant('orders'));
    fc.assert(
      fc.property(anything, anything, fc.boolean(), (scope, cost, throws) => {
        const give = (value: unknown) => () => {
          if (throws) throw value;
          return value as never;
        };
        const verdict = serve().verifier.verify(sign(), { scope: give(scope), cost: give(cost), body: '' });
        if (verdict instanceof Promise) throw new Error('not at once');
        if (!verdict.ok) expectWritable(verdict);
        if (throws) expect(verdict.ok).toBe(false);
      }),
      { numRuns: runs(2000) },
    );
  });

  it('survives a hook that throws, rejects or returns what it should not', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => {
      unhandled.push(reason);
    };
    process.on('unhandledRejection', listener);
    const log = console.error;
    console.error = () => {};
    try {
      for (const onVerdict of [
        () => {
          throw new Error('hook');
        },
        async () => {
          throw new Error('hook');
        },
        () => Promise.reject(undefined),
        () => 'text',
      ]) {
        expect(await serve({ onVerdict }).outcome(sign())).toBe('admitted');
        expect(await serve({ onVerdict }).outcome(sign({ keyId: 'nobody' }))).toBe('invalid-signature');
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      console.error = log;
      process.off('unhandledRejection', listener);
    }
    expect(unhandled).toEqual([]);
  });
});
