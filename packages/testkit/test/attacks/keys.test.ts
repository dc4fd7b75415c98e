/** Attacks with keys: names that objects have by nature, and keys that change hands. */
import { createVerifier, keyring, memoryStore } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import { TEST_AUDIENCE } from '../../src/index.js';
import { KEY, OTHER_SECRET, outcomeOf, serve, sign, T } from './service.js';

const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];

describe('`__proto__` as a parameter or key id', () => {
  it.each(INHERITED)(
    'knows no key %s unless there is one, and then uses it like any other',
    async (keyId) => {
      const limits = { orders: '2/m' } as const;
      const without = serve({ limits }, { key_1: KEY });
      expect(await without.outcome(sign({ keyId }))).toBe('invalid-signature');
      expect(await without.outcome(sign({ keyId, secret: OTHER_SECRET }))).toBe('invalid-signature');

      const withIt = serve({ limits }, { [keyId]: KEY, key_1: KEY });
      const head = sign({ keyId });
      expect(await withIt.outcome(head)).toBe('admitted');
      expect(await withIt.outcome(head)).toBe('replayed-nonce');
      expect(await withIt.outcome(sign({ keyId }))).toBe('admitted');
      expect(await withIt.outcome(sign({ keyId }))).toBe('rate-limited');
      expect(await withIt.outcome(sign())).toBe('admitted');
    },
  );

  it.each(INHERITED)('covers a parameter %s, its value and its presence', async (name) => {
    const service = serve();
    const head = sign({ target: `/v1/orders?${name}=1&a=2` });
    expect(await service.outcome({ ...head, target: '/v1/orders?a=2' })).toBe('invalid-signature');
    expect(await service.outcome({ ...head, target: `/v1/orders?${name}=2&a=2` })).toBe('invalid-signature');
    expect(await service.outcome({ ...head, target: `/v1/orders?${name}[admin]=1&a=2` })).toBe(
      'invalid-signature',
    );
    expect(await service.outcome({ ...head, target: `/v1/orders?a=2&${name}=1` })).toBe('admitted');
    const plain = sign();
    expect(await service.outcome({ ...plain, target: `/v1/orders?${name}` })).toBe('invalid-signature');
  });

  it.each(INHERITED.map((name) => name.replaceAll('_', '~')).concat('constructor', '__proto__'))(
    'counts an owner and a scope %s like any other',
    async (name) => {
      const limits = { [name]: '1/m' } as const;
      const service = serve(
        { limits },
        { key_1: { ...KEY, owner: name, scopes: [name] }, key_2: { ...KEY, scopes: [name] } },
      );
      for (const keyId of ['key_1', 'key_2']) {
        expect(await service.outcome(sign({ keyId }), { scope: name })).toBe('admitted');
        expect(await service.outcome(sign({ keyId }), { scope: name })).toBe('rate-limited');
      }
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    },
  );
});

describe('a key moved to another owner whose nonces stay behind', () => {
  it('replays nothing that was admitted for the old owner, and charges the new one', async () => {
    const store = memoryStore();
    const options = { audience: TEST_AUDIENCE, now: () => T, store, limits: { orders: '2/m' } } as const;
    const before = createVerifier({
      ...options,
      keys: keyring({ moved: { ...KEY, owner: 'old' }, stays: { ...KEY, owner: 'old' } }),
    });
    const after = createVerifier({
      ...options,
      keys: keyring({ moved: { ...KEY, owner: 'new' }, stays: { ...KEY, owner: 'old' } }),
    });
    const send = async (verifier: typeof before, head: ReturnType<typeof sign>) =>
      outcomeOf(await verifier.verify(head, { scope: 'orders', body: '' }));

    const heads = [sign({ keyId: 'moved' }), sign({ keyId: 'moved' })];
    for (const head of heads) expect(await send(before, head)).toBe('admitted');
    for (const head of heads) expect(await send(after, head)).toBe('replayed-nonce');
    expect(await send(after, sign({ keyId: 'moved' }))).toBe('admitted');
    expect(await send(after, sign({ keyId: 'stays' }))).toBe('rate-limited');
    for (const head of heads) expect(await send(before, head)).toBe('replayed-nonce');
  });

  it('replays nothing either when it is moved there and back, or its secret is replaced', async () => {
    const store = memoryStore();
    const owned = (owner: string, secrets: (string | Uint8Array)[]) =>
      createVerifier({
        audience: TEST_AUDIENCE,
        now: () => T,
        store,
        keys: keyring({ moved: { secrets, owner, scopes: ['orders'] } }),
      });
    const head = sign({ keyId: 'moved', secret: OTHER_SECRET });
    const fresh = new Uint8Array(32).fill(9);
    const steps: [string, Uint8Array[]][] = [
      ['a', [OTHER_SECRET]],
      ['b', [fresh, OTHER_SECRET]],
      ['a', [OTHER_SECRET]],
      ['c', [OTHER_SECRET, fresh]],
    ];
    const outcomes = [];
    for (const [owner, secrets] of steps)
      outcomes.push(outcomeOf(await owned(owner, secrets).verify(head, { scope: 'orders', body: '' })));
    expect(outcomes).toEqual(['admitted', 'replayed-nonce', 'replayed-nonce', 'replayed-nonce']);
  });
});
