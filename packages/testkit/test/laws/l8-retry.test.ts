/** L8: uncontended, what was refused with `retryAfterMs` T is refused at T - 1 and admitted at T. */
import type { Limits, Rate } from '@countersign/server';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runs } from '../../src/index.js';
import { KEY, serve, sign, T } from '../attacks/service.js';

/** Small limits are kept exactly, those above 128 in slices; windows from a second to longer than a signature lives. */
const rates: fc.Arbitrary<Rate> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 90 }))
    .map(([n, k]): Rate => `${n}/${k} s`),
  fc
    .tuple(fc.integer({ min: 120, max: 400 }), fc.integer({ min: 1, max: 60 }))
    .map(([n, k]): Rate => `${n}/${k} s`),
  fc.constantFrom<Rate>('3/10 m', '200/h', '2/d', '1/s', '1000/m'),
);
const limits: fc.Arbitrary<Limits> = fc
  .tuple(rates, fc.option(rates, { nil: undefined }), fc.option(rates, { nil: undefined }))
  .map(([own, parent, whole]) => ({
    'orders:write': own,
    ...(parent === undefined ? {} : { orders: parent }),
    ...(whole === undefined ? {} : { '*': whole }),
  }));
/** Requests before the one that is refused: their costs in parts of what is left, and the time between them. */
const histories = fc.array(
  fc.record({
    part: fc.constantFrom(0, 0.1, 0.5, 1),
    waitMs: fc.oneof(fc.nat(50), fc.nat(5000), fc.nat(60_000)),
  }),
  {
    minLength: 1,
    maxLength: 12,
  },
);
const route = { scope: 'orders:write' };

it('L8 retry law: what was refused is admitted after the wait that was told, and not a millisecond before', async () => {
  let refusals = 0;
  let sameSignature = 0;
  await fc.assert(
    fc.asyncProperty(
      limits,
      histories,
      fc.constantFrom(1, 1, 2, 5, 150),
      fc.nat(999),
      async (given, history, cost, phaseMs) => {
        const { clock, send } = serve({ limits: given }, { key_1: KEY });
        clock.nowMs = T + phaseMs;
        const fresh = () => sign({ signedAtMs: clock.nowMs });
        for (const { part, waitMs } of history) {
          clock.nowMs += waitMs;
          const asked = await send(fresh(), { ...route, cost: 1 });
          const least = asked.ok ? Math.min(...asked.budgets.map(({ remaining }) => remaining)) : 0;
          if (least * part >= 1) await send(fresh(), { ...route, cost: Math.floor(least * part) });
        }
        const head = fresh();
        const refused = await send(head, { ...route, cost });
        if (refused.ok || refused.retryAfterMs === undefined) return;
        refusals++;
        const { retryAfterMs } = refused;
        expect(refused.code).toBe('rate-limited');
        expect(Number.isInteger(retryAfterMs) && retryAfterMs > 0).toBe(true);
        expect(refused.headers['retry-after']).toBe(String(Math.ceil(retryAfterMs / 1000)));
        const stillFresh = retryAfterMs <= 300_000;
        if (stillFresh) sameSignature++;
        const again = () => send(stillFresh ? head : fresh(), { ...route, cost });

        clock.nowMs += retryAfterMs - 1;
        expect(await again()).toMatchObject({ code: 'rate-limited', retryAfterMs: 1 });
        clock.nowMs += 1;
        expect(await again()).toMatchObject({ ok: true });
      },
    ),
    { numRuns: runs(1200) },
  );
  expect(refusals).toBeGreaterThan(runs(400));
  expect(sameSignature).toBeGreaterThan(runs(120));
});

it('L8 retry law: a cost above a limit is told no time, for there is none', async () => {
  await fc.assert(
    fc.asyncProperty(limits, fc.integer({ min: 1001, max: 1_000_000 }), async (given, cost) => {
      const { clock, send } = serve({ limits: given });
      const refused = await send(sign(), { ...route, cost });
      expect(refused).toMatchObject({ code: 'rate-limited' });
      expect(refused).not.toHaveProperty('retryAfterMs');
      expect(refused.headers).not.toHaveProperty('retry-after');
      clock.nowMs += 31_536_000_000;
      expect(await send(sign({ signedAtMs: clock.nowMs }), { ...route, cost })).toMatchObject({
        code: 'rate-limited',
      });
    }),
    { numRuns: runs(1000) },
  );
});
