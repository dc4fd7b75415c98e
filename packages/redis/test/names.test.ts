/** Names of keys, owners and policies that try to be read as something else never reach each other's memory. */
import { type Admission, keyring, memoryStore } from '@countersign/server';
import { runs, TEST_SECRET } from '@countersign/testkit';
import { admissionAt, charge, withStore } from '@countersign/testkit/store-contract';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { injectedStore } from './injected-store.js';
import { startStandalone } from './real-routes.js';

const { route, stop } = await startStandalone();
afterAll(stop);

/** What the fields of a bucket are made of, what a protocol or a JSON parser trips over, and what looks alike. */
const PIECES = [
  ...[
    'm',
    'k',
    'n',
    'g',
    'o',
    'h',
    'b',
    'b1:',
    'b2:',
    '1:',
    '0',
    '1',
    '11',
    ':',
    '::',
    ' ',
    '*',
    '?',
    '%s',
    '\\',
  ],
  ...[
    '{',
    '}',
    '{cs1:0}',
    '\0',
    '\0\0\0',
    '\u0001',
    '\r\n',
    '$1\r\n',
    '"',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...['é', 'e\u0301', '\u00ff', '\u212a', 'K', '\ufffd', '😀', '\ufeff'],
];
const names = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 3 })
  .map((pieces) => pieces.join(''));
/** Names that are the same when one is put after the other. */
const joined = fc.tuple(names, names, names).map(([a, b, c]) => [a, a + b, b + c, c]);
const TOGETHER = 10;

const histories = fc.record({
  /** Few, so that what is a key here is an owner and a policy there. */
  pool: fc.oneof(fc.uniqueArray(names, { minLength: 4, maxLength: 4 }), joined),
  asks: fc.array(
    fc.record({
      key: fc.nat({ max: 3 }),
      policies: fc.uniqueArray(fc.nat({ max: 3 }), { maxLength: 2 }),
      nonce: fc.nat({ max: 2 }),
    }),
    { minLength: 1, maxLength: 30, size: '+1' },
  ),
  /** Whose each key is. */
  owners: fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 4 }),
});

it('L10 names that imitate fields, lengths, tags and each other are as apart on Redis as in memory', () =>
  fc.assert(
    fc.asyncProperty(fc.array(histories, { minLength: TOGETHER, maxLength: TOGETHER }), async (all) => {
      await Promise.all(
        all.map(({ pool, asks, owners }) =>
          withStore(
            (setup) => injectedStore(route, setup),
            {},
            ({ store, clock }) =>
              withStore(
                () => memoryStore(),
                {},
                async (memory) => {
                  const name = (index = 0): string => pool[index] ?? '';
                  for (const { key, policies, nonce } of asks) {
                    // Nor is one budget charged twice by a request.
                    const charged = new Set(policies.map((policy) => name(policy)));
                    const charges = [...charged].map((policy) => charge(policy, 3, 1_000));
                    // A key has one owner, also where the pool has its name twice.
                    const owner = name(owners[pool.indexOf(name(key))]);
                    const ask = { key: name(key), owner, nonce, charges };
                    const admission: Admission = admissionAt(clock, ask);
                    expect(await store.admit(admission)).toEqual(await memory.store.admit(admission));
                  }
                },
              ),
          ),
        ),
      );
    }),
    { numRuns: runs(50) },
  ));

it('an owner whose name is no Unicode text, and would be one with others on the way to Redis, is refused', () => {
  for (const owner of ['\ud800', 'a\udfffb', '\udc00\ud800']) {
    const config = { secret: TEST_SECRET, owner, scopes: ['orders'] };
    expect(() => keyring({ key_1: config })).toThrow(/^keys\.key_1\.owner: /);
  }
  expect(() => keyring({ key_1: { secret: TEST_SECRET, owner: '😀', scopes: ['orders'] } })).not.toThrow();
});
