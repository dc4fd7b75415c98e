import { signHead, TEST_AUDIENCE, TEST_SECRET } from '@countersign/testkit';
import { expect, it } from 'vitest';
import {
  createVerifier,
  defineKey,
  type KeyConfig,
  type KeyDirectory,
  KeyDirectoryError,
} from '../../src/index.js';

const config: KeyConfig = { secret: TEST_SECRET, scopes: ['*'] };

async function outcome(directory: object): Promise<string> {
  const reasons: (string | undefined)[] = [];
  const verifier = createVerifier({
    keys: { peek: () => undefined, find: () => undefined, ...directory } as KeyDirectory,
    audience: TEST_AUDIENCE,
    onVerdict: ({ reason }) => reasons.push(reason),
  });
  const verdict = await verifier.verify(signHead({ signedAtMs: Date.now() }), { body: '' });
  return verdict.ok ? 'admitted' : `${verdict.code}: ${reasons.join()}`;
}

it('a directory of the operator gives the keys that defineKey makes', async () => {
  const key = defineKey('key_1', config);
  expect(await outcome({ find: () => key })).toBe('admitted');
  expect(await outcome({ find: async () => key })).toBe('admitted');
  expect(await outcome({ peek: () => ({ key }) })).toBe('admitted');
});

it.each<[string, object]>([
  ['finds what no check has seen', { find: () => config }],
  ['finds it later', { find: async () => config }],
  ['has it at hand', { peek: () => ({ key: config }) }],
  ['finds a key by another name', { find: () => defineKey('KEY_1', config) }],
  ['finds nothing but null', { find: () => null }],
  [
    'throws when it looks',
    {
      peek: () => {
        throw new Error('gone');
      },
    },
  ],
])('a directory that %s has failed, and says nothing about the caller', async (_, directory) => {
  expect(await outcome(directory)).toMatch(/^store-unavailable: the key directory failed: /);
});

it('a directory of the operator says why it cannot answer', async () => {
  const error = new KeyDirectoryError('overloaded', 'too busy', { cause: 7 });
  expect(error).toMatchObject({
    name: 'KeyDirectoryError',
    reason: 'overloaded',
    message: 'too busy',
    cause: 7,
  });
  expect(await outcome({ find: () => Promise.reject(error) })).toContain('KeyDirectoryError: too busy: 7');
});
