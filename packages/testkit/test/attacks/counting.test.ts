/** Attacks on what is counted: many names for one caller, and the edges of windows. */
import { describe, expect, it } from 'vitest';
import { countAdmitted, KEY, sendAll, serve, sign, T } from './service.js';

describe('budgets diluted over many keys, many resource ids, many query variations', () => {
  const limits = { orders: '5/m' } as const;
  const many = (make: (i: number) => Parameters<typeof sign>[0]) =>
    Array.from({ length: 30 }, (_, i) => sign(make(i)));

  it('counts the keys of one owner together, and another owner apart', async () => {
    const keys = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`k${i}`, { ...KEY, owner: 'acme' }]),
    );
    const service = serve({ limits }, { ...keys, other: KEY });
    expect(
      countAdmitted(
        await sendAll(
          service,
          many((i) => ({ keyId: `k${i}` })),
        ),
      ),
    ).toBe(5);
    expect(await service.outcome(sign({ keyId: 'other' }))).toBe('admitted');
  });

  it('counts resource ids and query variations together', async () => {
    const ids = serve({ limits });
    expect(
      countAdmitted(
        await sendAll(
          ids,
          many((i) => ({ target: `/v1/orders/${i}` })),
        ),
      ),
    ).toBe(5);
    const queries = serve({ limits });
    expect(
      countAdmitted(
        await sendAll(
          queries,
          many((i) => ({ target: `/v1/orders?page=${i}&r=${i * 7}` })),
        ),
      ),
    ).toBe(5);
    const methods = serve({ limits });
    expect(
      countAdmitted(
        await sendAll(
          methods,
          many((i) => ({ method: i % 2 === 0 ? 'GET' : 'HEAD' })),
        ),
      ),
    ).toBe(5);
  });

  it('counts together what the route itself tells apart, in the budgets above it', async () => {
    const service = serve({ limits: { '*': '8/m', orders: '5/m' } }, { key_1: { ...KEY, scopes: ['*'] } });
    const scope = (signed: { path: string }) => signed.path.slice(1).replaceAll('/', ':');
    const orders = many((i) => ({ target: `/orders/o${i}` }));
    expect(countAdmitted(await sendAll(service, orders, { scope }))).toBe(5);
    const others = many((i) => ({ target: `/other${i}` }));
    expect(countAdmitted(await sendAll(service, others, { scope }))).toBe(3);
  });
});

describe("bursts across a window's edge", () => {
  describe.each([{ limit: 100 }, { limit: 400 }])('at $limit a minute', ({ limit }) => {
    const WINDOW_MS = 60_000;

    it('admits at most the limit in any minute, wherever the bursts are put', async () => {
      const admittedAt: number[] = [];
      const service = serve({ limits: { orders: `${limit}/m` } });
      // Before and after each full minute of both clocks, and before and after a minute since the first burst.
      const edges = [1, 2, 3].flatMap((n) => [n * WINDOW_MS - 1, n * WINDOW_MS, n * WINDOW_MS + 30_000]);
      for (const afterMs of [0, ...edges]) {
        service.clock.nowMs = T + afterMs;
        for (let i = 0; i < limit; i++) {
          if ((await service.outcome(sign({ signedAtMs: T + afterMs }))) === 'admitted')
            admittedAt.push(afterMs);
        }
      }
      const busiest = admittedAt.map(
        (start) => admittedAt.filter((at) => at >= start && at < start + WINDOW_MS).length,
      );
      expect(Math.max(...busiest)).toBe(limit);
      expect(admittedAt.length).toBeGreaterThanOrEqual(3 * limit);
    });

    it('never refuses a client that spreads its requests at 95 % of the rate', async () => {
      const service = serve({ limits: { orders: `${limit}/m` } });
      const spacingMs = WINDOW_MS / (limit * 0.95);
      for (let i = 0; i < 3 * limit; i++) {
        service.clock.nowMs = T + Math.ceil(i * spacingMs);
        expect(await service.outcome(sign({ signedAtMs: service.clock.nowMs }))).toBe('admitted');
      }
    });
  });
});
