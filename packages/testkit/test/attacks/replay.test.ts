/** Attacks with a request, or a nonce, that is sent again. */
import { memoryStore } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import {
  countAdmitted,
  KEY,
  OTHER_SECRET,
  refusedOf,
  sendAll,
  serve,
  sign,
  T,
  TOLERANCE,
  withField,
} from './service.js';

const NONCE = '0f8fad5b-d9cb-469f-a165-70867728950e';

describe("replay inside the timestamp tolerance, faster than the limit's window", () => {
  it('admits a captured request once, however much budget there is', async () => {
    const service = serve({ limits: { orders: '1000/s' } });
    const head = sign({ method: 'POST', body: 'pay' });
    expect(countAdmitted(await sendAll(service, Array(200).fill(head)))).toBe(1);
    expect(
      countAdmitted(
        await sendAll(
          service,
          Array.from({ length: 200 }, () => sign()),
        ),
      ),
    ).toBe(200);
  });

  it('admits it once over the whole tolerance, while the budget opens again and again', async () => {
    const service = serve({ limits: { orders: '1/s' } });
    const head = sign();
    for (let afterMs = 0; afterMs <= TOLERANCE.pastMs + 20_000; afterMs += 2500) {
      service.clock.nowMs = T + afterMs;
      const late = afterMs > TOLERANCE.pastMs;
      expect(await service.outcome(head)).toBe(
        afterMs === 0 ? 'admitted' : late ? 'stale-timestamp' : 'replayed-nonce',
      );
    }
    expect(await service.outcome(sign({ signedAtMs: service.clock.nowMs }))).toBe('admitted');
  });
});

describe('a nonce burnt before the MAC is checked', () => {
  it('leaves the nonce of a captured head to its owner, whatever was sent with it', async () => {
    const store = memoryStore();
    const service = serve({ store, limits: { orders: '1/m' } });
    const head = sign({ nonce: NONCE });
    const forged = [
      sign({ nonce: NONCE, secret: OTHER_SECRET }),
      sign({ nonce: NONCE, keyId: 'nobody' }),
      withField(head, 'authorization', (value) =>
        value.replace(/sig="[0-9a-f]{64}"/, `sig="${'0'.repeat(64)}"`),
      ),
      withField(head, 'authorization', (value) =>
        value.replace(/ts="[0-9]{12}/, (ts) => `${ts.slice(0, -1)}1`),
      ),
      { ...head, target: '/v1/orders/1' },
      { ...head, method: 'DELETE' },
    ];
    expect(new Set(await sendAll(service, [...forged, ...forged]))).toEqual(new Set(['invalid-signature']));
    expect(store.size).toBe(0);
    expect(await service.outcome(head)).toBe('admitted');
  });

  it('leaves it where the request is refused for its scope, its size or its time', async () => {
    const store = memoryStore();
    const service = serve({ store, maxBodyBytes: 4 });
    const head = sign({ method: 'POST', body: 'long', nonce: NONCE });
    expect(await service.outcome(head, { scope: 'invoices' })).toBe('scope-not-granted');
    expect(await service.outcome({ ...head, body: 'longer' })).toBe('body-too-large');
    service.clock.nowMs = T - 10_001;
    expect(await service.outcome(head)).toBe('future-timestamp');
    expect(store.size).toBe(0);
    service.clock.nowMs = T;
    expect(await service.outcome(head)).toBe('admitted');
  });
});

describe("a nonce lifetime shorter than a future-dated request's", () => {
  it.each([TOLERANCE, { pastMs: 1000, futureMs: 60_000 }, { pastMs: 0, futureMs: 5000 }])(
    'remembers a request from the future for as long as it could be accepted, with %o',
    async (tolerance) => {
      const { pastMs, futureMs } = tolerance;
      const service = serve({ tolerance });
      const head = sign({ signedAtMs: T + futureMs });
      expect(await service.outcome(head)).toBe('admitted');
      const lastMs = T + futureMs + pastMs;
      const times = [1, pastMs, pastMs + 1, futureMs, futureMs + 1, lastMs - T].map((afterMs) => T + afterMs);
      for (const nowMs of times.filter((nowMs) => nowMs <= lastMs).toSorted((a, b) => a - b)) {
        service.clock.nowMs = nowMs;
        // What makes stores forget: other traffic.
        expect(await service.outcome(sign({ signedAtMs: nowMs }))).toBe('admitted');
        expect(await service.outcome(head), `at ${nowMs - T} ms`).toBe('replayed-nonce');
      }
      service.clock.nowMs = lastMs + 1;
      expect(await service.outcome(head)).toBe('stale-timestamp');
    },
  );

  it('remembers it where older ones that were admitted later are forgotten first', async () => {
    const service = serve();
    const heads = [10_000, -299_000, 0, -150_000, 5000].map((offsetMs) => sign({ signedAtMs: T + offsetMs }));
    expect(countAdmitted(await sendAll(service, heads))).toBe(5);
    for (let afterMs = 0; afterMs <= 320_000; afterMs += 1000) {
      service.clock.nowMs = T + afterMs;
      expect(countAdmitted(await sendAll(service, heads))).toBe(0);
    }
  });
});

describe('a nonce admitted under one `ts` and again under another', () => {
  it.each([
    [0, 1],
    [1, 0],
    [0, 10_000],
    [10_000, 0],
    [-299_999, 10_000],
    [10_000, -299_999],
    [-150_000, -149_000],
  ])('finds it under its key, not under its time: %i ms, then %i ms', async (first, second) => {
    const service = serve();
    expect(await service.outcome(sign({ nonce: NONCE, signedAtMs: T + first }))).toBe('admitted');
    expect(await service.outcome(sign({ nonce: NONCE, signedAtMs: T + second }))).toBe('replayed-nonce');
    expect(await service.outcome(sign({ nonce: crypto.randomUUID(), signedAtMs: T + second }))).toBe(
      'admitted',
    );
  });

  it('finds it as long as the admitted signature could be accepted', async () => {
    const service = serve();
    expect(await service.outcome(sign({ nonce: NONCE }))).toBe('admitted');
    for (let afterMs = 0; afterMs <= TOLERANCE.pastMs; afterMs += 10_000) {
      service.clock.nowMs = T + afterMs;
      expect(await service.outcome(sign({ nonce: NONCE, signedAtMs: service.clock.nowMs }))).toBe(
        'replayed-nonce',
      );
    }
  });

  it('is another nonce under another key', async () => {
    const service = serve({}, { key_1: KEY, key_2: KEY });
    expect(await service.outcome(sign({ nonce: NONCE }))).toBe('admitted');
    expect(await service.outcome(sign({ nonce: NONCE, keyId: 'key_2' }))).toBe('admitted');
  });

  it('tells the client that it was admitted, so that nothing is signed again blindly', async () => {
    const service = serve();
    await service.outcome(sign({ nonce: NONCE }));
    expect(refusedOf(await service.send(sign({ nonce: NONCE, signedAtMs: T + 1 })))).toMatchObject({
      status: 409,
    });
  });
});
