/** Attacks on the moment when a part of the service is down. */
import { cachedDirectory, memoryStore, type Store } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import { KEY, refusedOf, serve, sign } from './service.js';

/** A store that can be taken down and brought back. */
function fragileStore() {
  const store = memoryStore();
  const state: { fault: 'none' | 'throws' | 'rejects' | 'hangs' | 'says so' } = { fault: 'none' };
  const fragile: Store = {
    attach: (window) => store.attach?.(window),
    admit: (admission) => {
      switch (state.fault) {
        case 'throws':
          throw new Error('ECONNREFUSED');
        case 'rejects':
          return Promise.reject(new Error('ECONNRESET'));
        case 'hangs':
          return new Promise(() => {});
        case 'says so':
          return { outcome: 'unavailable', retryAfterMs: 2000, reason: 'LOADING' };
        case 'none':
          return store.admit(admission);
      }
    },
  };
  return { store: fragile, state };
}

describe('outage as silent success', () => {
  it.each(['throws', 'rejects', 'hangs', 'says so'] as const)(
    'admits nothing while the store %s, and the same request once it is back',
    async (fault) => {
      const { store, state } = fragileStore();
      const service = serve({ store, limits: { orders: '1/m' }, storeTimeoutMs: 20 });
      const head = sign();
      state.fault = fault;
      for (let i = 0; i < 5; i++) {
        const refused = refusedOf(await service.send(head));
        expect(refused).toMatchObject({
          code: 'store-unavailable',
          status: 503,
          headers: { 'retry-after': /^[12]$/ },
        });
      }
      state.fault = 'none';
      expect(await service.outcome(head)).toBe('admitted');
      expect(await service.outcome(sign())).toBe('rate-limited');
      state.fault = fault;
      expect(await service.outcome(sign())).toBe('store-unavailable');
    },
  );

  it('admits nothing from a closed store', async () => {
    const service = serve();
    expect(await service.outcome(sign())).toBe('admitted');
    await service.verifier.close();
    expect(await service.outcome(sign())).toBe('store-unavailable');
  });

  it('takes a directory that is down for no answer, not for a yes or a no', async () => {
    let down = true;
    const keys = cachedDirectory(() => {
      if (down) throw new Error('database');
      return KEY;
    });
    const service = serve({ keys });
    const head = sign();
    expect(refusedOf(await service.send(head))).toMatchObject({ code: 'store-unavailable', status: 503 });
    down = false;
    expect(await service.outcome(head)).toBe('admitted');
  });
});
