/** L11: wrong options throw at construction, and name the option. */
import { Redis } from 'ioredis';
import { afterAll, expect, it } from 'vitest';
import { type RedisStoreOptions, redisStore } from '../src/index.js';

const redis = new Redis({ lazyConnect: true });
afterAll(() => redis.disconnect());

const WRONG: readonly (readonly [option: string, values: readonly unknown[]])[] = [
  ['prefix', ['', ' ', 'a'.repeat(33), 'a:b', '{a}', 'é', 5, null, ['a']]],
  ['maxNonces', [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 28 + 1, '5', null]],
  ['maxBudgetsPerOwner', [0, 1.5, 10_001, '5', null, Number.NaN]],
  ['timeoutMs', [0, -1, 0.5, 2 ** 31, Number.NaN, '250', null]],
  ['fencing', ['', 'none', true, null, 'REQUIRE']],
  ['deposedWritesMs', [-1, 0.5, 86_400_001, Number.NaN, '0', null]],
  ['onWarning', ['warn', {}, null, 1]],
  ['durability', [1, null, 'yes', true]],
  ['durability.replicas', [{}, { replicas: 0, timeoutMs: 1 }, { replicas: 1.5, timeoutMs: 1 }]],
  [
    'durability.timeoutMs',
    [{ replicas: 1 }, { replicas: 1, timeoutMs: 0 }, { replicas: 1, timeoutMs: 2 ** 31 }],
  ],
];

it.each(WRONG)('L11 %s: a wrong value throws at construction, and the error names it', (option, values) => {
  for (const value of values) {
    const options = { [option.split('.')[0] ?? '']: value } as RedisStoreOptions;
    expect(() => redisStore(redis, options), JSON.stringify(value)).toThrow(
      new RegExp(`^${option.replace('.', '\\.')}: `),
    );
    expect(() => redisStore(redis, options)).toThrow(/^(?!.*undefined is not)/);
  }
});

it('L11 what is no client of ioredis, and options that are none, are named too', () => {
  for (const wrong of [undefined, null, {}, 'redis://localhost', 6379]) {
    expect(() => redisStore(wrong as Redis)).toThrow(TypeError);
    expect(() => redisStore(wrong as Redis)).toThrow(/^redis: /);
  }
  for (const wrong of [null, 5, 'prefix']) {
    expect(() => redisStore(redis, wrong as RedisStoreOptions)).toThrow(/^options: /);
  }
});

it('L11 a store that no verifier has attached throws for that, and connects to nothing', async () => {
  const store = redisStore(redis);
  const admission = { key: 'k', owner: 'k', nonce: new Uint8Array(16), signedAtMs: 0, charges: [] };
  expect(() => store.admit(admission)).toThrow(/^store: attach /);
  await expect(store.ready()).rejects.toThrow(/^store: attach /);
  expect(redis.status).toBe('wait');
  await store.close();
});
