/** L11: a wrong configuration throws `TypeError` or `RangeError` where it is given, and names the option. */
import {
  type CachedDirectoryOptions,
  cachedDirectory,
  createVerifier,
  type KeyConfig,
  keyring,
  type MemoryStoreOptions,
  memoryStore,
  type RouteOptions,
  type VerifierOptions,
} from '@countersign/server';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs, TEST_AUDIENCE } from '../../src/index.js';
import { KEY, serve, sign, T } from '../attacks/service.js';

const right: VerifierOptions = { keys: keyring({ key_1: KEY }), audience: TEST_AUDIENCE };
const makers: Record<
  string,
  { readonly make: (wrong: Record<string, unknown>) => unknown; readonly options: readonly string[] }
> = {
  createVerifier: {
    make: (wrong) => createVerifier({ ...right, ...wrong } as VerifierOptions),
    options: [
      'keys',
      'audience',
      'store',
      'limits',
      'header',
      'tolerance',
      'bodyTimeoutMs',
      'storeTimeoutMs',
      'requireSigned',
      'failures',
      'receipts',
      'now',
      'monotonicNow',
      'onVerdict',
      'debug',
    ],
  },
  memoryStore: {
    make: (wrong) => memoryStore(wrong as MemoryStoreOptions),
    options: ['maxNonces', 'maxBudgetsPerOwner', 'onWarning', 'hashSeed'],
  },
  keyring: {
    make: (wrong) => keyring({ key_1: { ...KEY, ...wrong } as KeyConfig }),
    options: ['secret', 'secrets', 'owner', 'scopes', 'limits', 'notBefore', 'expiresAt', 'disabled'],
  },
  cachedDirectory: {
    make: (wrong) => cachedDirectory(() => KEY, wrong as CachedDirectoryOptions),
    options: ['ttlMs', 'negativeTtlMs', 'maxKeys', 'timeoutMs', 'now'],
  },
  verify: {
    make: (wrong) => createVerifier({ ...right, now: () => T }).verify(sign(), wrong as RouteOptions),
    options: ['scope', 'children', 'cost'],
  },
};
const cases = Object.entries(makers).flatMap(([name, { make, options }]) =>
  options.map((option) => ({ name, option, make })),
);

/** What is wrong for every option that holds this right value's kind. */
const wrongs = new Map<string, readonly unknown[]>([
  ...['keys', 'store'].map((option) => [option, [null, 5, 'x', true, {}, () => {}]] as const),
  ...['now', 'monotonicNow', 'onVerdict', 'onWarning'].map(
    (option) => [option, [null, 5, 'x', {}, true, []]] as const,
  ),
  ...['receipts', 'debug', 'children', 'disabled'].map(
    (option) => [option, [null, 5, 'yes', {}, []]] as const,
  ),
  ...[
    'maxBodyBytes',
    'bodyTimeoutMs',
    'storeTimeoutMs',
    'maxNonces',
    'maxBudgetsPerOwner',
    'ttlMs',
    'maxKeys',
    'timeoutMs',
    'cost',
  ].map(
    (option) =>
      [option, [null, 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', {}, true, 5n]] as const,
  ),
  ['maxBodyBytes', [null, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', {}, true, 5n]],
  ['negativeTtlMs', [null, -1, 1.5, Number.NaN, '5', {}]],
  ['audience', [undefined, null, 5, '', 'https://a.example', 'a b', [], [5], ['a', ''], {}, Symbol('other')]],
  [
    'limits',
    [
      null,
      5,
      'x',
      { orders: '5/month' },
      { orders: 5 },
      { orders: [] },
      { 'or ders': '5/m' },
      { orders: ['5/m', '5/m'] },
      { 'orders:+': '5/m' },
      { orders: null },
      { '': '5/m' },
    ],
  ],
  ['header', [null, 5, '', 'x y', 'é', {}, ':authority']],
  [
    'tolerance',
    [null, 5, 'x', { pastMs: -1 }, { futureMs: '5' }, { pastMs: Number.NaN }, { futureMs: 1e12 }],
  ],
  ['requireSigned', [null, 'content-type', 5, ['host'], [5], [''], {}, ['cookie']]],
  ['failures', [null, 5, 'x', { limit: 0 }, { windowMs: -1 }, { maxAddresses: 1.5 }]],
  ['hashSeed', [null, 5, [1], [1, 2, 3], [-1, 0], ['a', 'b']]],
  ['secret', [null, 5, '', 'cs1s_', 'cs1s_short', new Uint8Array(31), {}, []]],
  ['secrets', [null, 5, [], [''], 'x', {}, [null], [{ secret: '' }]]],
  ['owner', [null, 5, '', 'x'.repeat(300), {}]],
  ['scopes', [undefined, null, 5, 'orders', ['or ders'], [''], [5], [['orders']], {}]],
  ...['notBefore', 'expiresAt'].map(
    (option) => [option, [null, 'tomorrow', 1.5, Number.NaN, new Date(Number.NaN), {}]] as const,
  ),
  ['scope', [null, 5, '', 'or ders', 'a:', {}, ['orders'], true]],
]);

/** Hostile to `String(…)`, to property access and to iteration. */
const anything = fc.oneof(
  fc.anything({
    withNullPrototype: true,
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
  }),
  fc.constantFrom<unknown[]>(Symbol('x'), 10n, () => {}, new Proxy({}, {}), Object.create(null)),
);

function failureOf(make: () => unknown): unknown {
  try {
    make();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(cases)('L11 total: $name({ $option })', ({ option, make }) => {
  const wrong = [...(wrongs.get(option) ?? [])];

  it.each(wrong.map((value) => ({ value })))('throws for $value, and names the option', ({ value }) => {
    const given = option === 'secrets' ? { secret: undefined, secrets: value } : { [option]: value };
    const error = failureOf(() => make(given));
    expect(error).toSatisfy((thrown) => thrown instanceof TypeError || thrown instanceof RangeError);
    expect(String(error)).toMatch(new RegExp(`\\b${option}\\b`));
    // The message says what is expected, and is not an accident of the language.
    expect(String(error)).not.toMatch(
      /is not a function|is not iterable|Cannot (read|convert)|undefined \(reading/,
    );
  });

  it('throws nothing else, and names the option, whatever it is given', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const error = failureOf(() => make({ [option]: value }));
        if (error === undefined) return;
        expect(error).toSatisfy((thrown) => thrown instanceof TypeError || thrown instanceof RangeError);
        expect(String(error)).toMatch(new RegExp(`\\b${option}\\b`));
      }),
      { numRuns: runs(300) },
    );
  });
});

describe('L11 total: what is right', () => {
  it('is taken where every option is given', async () => {
    const service = serve({
      ...right,
      store: memoryStore({ maxNonces: 10, maxBudgetsPerOwner: 10, onWarning: () => {}, hashSeed: [1, 2] }),
      limits: { '*': '5/m', orders: ['3/m', '2/s'], 'orders:+': '1 per 2 minutes' },
      header: 'X-Signature',
      tolerance: { pastMs: 0 },
      maxBodyBytes: 1,
      bodyTimeoutMs: 1,
      storeTimeoutMs: 1,
      requireSigned: ['X-Tenant'],
      failures: { limit: 1, windowMs: 1000, maxAddresses: 1 },
      receipts: true,
      monotonicNow: () => 0,
      debug: true,
    });
    expect(await service.outcome(sign({ field: 'x-signature' }))).toBe('admitted');
  });
});
