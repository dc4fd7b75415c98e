/** Attacks by many requests at once, on counts that are read in one step and written in another. */
import { createVerifier, keyring, memoryStore } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import { TEST_AUDIENCE } from '../../src/index.js';
import { exchange, listen, wireRequest } from './http-service.js';
import { countAdmitted, KEY, outcomeOf, serve, sign, T } from './service.js';
import { slowStore, someTurns } from './slow-store.js';

const LIMIT = 10;
const limits = { orders: `${LIMIT}/m` } as const;

describe('read-then-write counters under concurrency', () => {
  it.each([
    { store: 'the embedded store', wait: undefined },
    { store: 'a store that is far away', wait: someTurns },
  ])('admits the limit and no more of sixty connections at once, with $store', async ({ wait }) => {
    const store = wait === undefined ? memoryStore() : slowStore(memoryStore(), wait);
    const verifier = createVerifier({
      keys: keyring({ key_1: KEY }),
      audience: TEST_AUDIENCE,
      limits,
      store,
    });
    const { port, handled } = await listen(verifier);
    const wanted = Array.from({ length: 60 }, () =>
      wireRequest(sign({ signedAtMs: Date.now(), method: 'POST', body: 'x' })),
    );
    const answers = await Promise.all(wanted.map((bytes) => exchange(port, bytes)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(LIMIT);
    expect(answers.filter(({ body }) => body === 'rate-limited')).toHaveLength(60 - LIMIT);
    expect(handled).toHaveLength(LIMIT);
  });

  it('admits one of sixty copies of one request at once', async () => {
    const store = slowStore(memoryStore(), someTurns);
    const verifier = createVerifier({
      keys: keyring({ key_1: KEY }),
      audience: TEST_AUDIENCE,
      limits,
      store,
    });
    const { port, handled } = await listen(verifier);
    const bytes = wireRequest(sign({ signedAtMs: Date.now(), method: 'POST', body: 'x' }));
    const answers = await Promise.all(Array.from({ length: 60 }, () => exchange(port, bytes)));
    expect(answers.filter(({ body }) => body === 'replayed-nonce')).toHaveLength(59);
    expect(handled).toEqual(['POST /v1/orders']);
  });
});

describe('eventually consistent counts', () => {
  it('lets each of several verifiers of one store see at once what another has counted', async () => {
    const store = memoryStore();
    const options = { keys: keyring({ key_1: KEY }), audience: TEST_AUDIENCE, limits, store, now: () => T };
    const verifiers = [createVerifier(options), createVerifier(options), createVerifier(options)];
    const outcomes = Array.from({ length: 30 }, (_, i) => {
      const verdict = verifiers[i % 3]?.verify(sign(), { scope: 'orders', body: '' });
      if (verdict === undefined || verdict instanceof Promise) throw new Error('not at once');
      return outcomeOf(verdict);
    });
    expect(outcomes.slice(0, LIMIT).every((outcome) => outcome === 'admitted')).toBe(true);
    expect(countAdmitted(outcomes)).toBe(LIMIT);
  });

  it('answers no request before its count is in', async () => {
    const { send } = serve({ limits, store: slowStore(memoryStore(), someTurns) });
    const verdicts = await Promise.all(Array.from({ length: 30 }, () => send(sign())));
    const left = verdicts.flatMap((verdict) =>
      verdict.ok ? verdict.budgets.map(({ remaining }) => remaining) : [],
    );
    expect(left.toSorted((a, b) => a - b)).toEqual(Array.from({ length: LIMIT }, (_, i) => i));
  });
});
