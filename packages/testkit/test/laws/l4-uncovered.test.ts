/**
 * L4: no other byte counts. Two services with one history get one request: one as it was signed, the other with
 * everything changed that its signature does not cover. Their verdicts are the same, to the byte.
 */
import { ANY_HOST, type SignedRequest, type Verdict } from '@countersign/server';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { respelledRequests, runs, type SignedHead, signHead, TEST_SECRET } from '../../src/index.js';
import { outcomeOf, type Service, serve, T } from '../attacks/service.js';

type Line = readonly [name: string, value: string];

const UNSIGNED_NAMES = [
  ...[
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Real-IP',
    'Forwarded',
    'Via',
    'Cookie',
    'User-Agent',
    'Accept-Encoding',
  ],
  ...[
    'X-Api-Key',
    'X-Tenant',
    'X-Scope',
    'X-Cost',
    'X-RateLimit-Key',
    'X-Request-Id',
    'Proxy-Authorization',
    'Connection',
    'TE',
  ],
  ...['Countersign-Scope', 'Scope', 'Date', 'Countersign-Debug', 'X-Id\u212aey', 'x-\u00e9'],
];
const values = fc.oneof(
  fc.constantFrom('', '127.0.0.1', 'orders:other', '1000', '*', 'a, b', '\u212a', 'x'.repeat(3000)),
  fc.string({ maxLength: 20 }),
);

interface Uncovered {
  readonly added: readonly Line[];
  /** Ranks by which the lines are put in another order. */
  readonly ranks: readonly number[];
  readonly upper: boolean;
  readonly blanks: readonly [string, string];
  readonly address: string | undefined;
  readonly asText: boolean;
}
const uncovered: fc.Arbitrary<Uncovered> = fc.record({
  added: fc.array(fc.tuple(fc.constantFrom(...UNSIGNED_NAMES), values), { maxLength: 6 }),
  ranks: fc.array(fc.nat(50), { minLength: 20, maxLength: 20 }),
  upper: fc.boolean(),
  blanks: fc.constantFrom(['', ''], [' ', ''], ['\t ', ' \t'], ['  ', '\t']) as fc.Arbitrary<
    [string, string]
  >,
  address: fc.option(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), { nil: undefined }),
  asText: fc.boolean(),
});

function withUncovered(
  head: SignedHead,
  { added, ranks, upper, blanks: [before, after] }: Uncovered,
): SignedHead {
  const respelled = head.headers.map(([name, value]): Line => {
    const spelled = upper ? name.toUpperCase() : name;
    const exact = name === 'authorization' || name === 'host';
    return [spelled, exact ? value : before + value + after];
  });
  const lines = [...respelled, ...added];
  const headers = lines
    .map((line, i) => ({ line, rank: ranks[i % ranks.length] ?? 0 }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ line }) => line);
  return { ...head, headers };
}

/** A route that takes everything that it may from what is signed. */
const route = {
  scope: ({ path }: SignedRequest) =>
    path.length % 7 === 6
      ? 'invoices'
      : path.length % 5 === 4
        ? 'not a scope'
        : path.length % 2 === 0
          ? 'orders'
          : 'orders:write',
  cost: ({ query, headers }: SignedRequest) => 1 + ((query.length + headers.length) % 4),
};
const limits = {
  '*': '9/m',
  orders: '6/m',
  'orders:write': ['4/m', '3/s'],
  'orders:write:+': '2/m',
} as const;

const histories = fc.record({
  before: fc.array(fc.constantFrom('orders', 'orders:write', 'orders:write:t1'), { maxLength: 5 }),
  replayed: fc.boolean(),
  children: fc.boolean(),
  offsetMs: fc.constantFrom(0, 0, 0, 0, -400_000, 400_000),
  scope: fc.constantFrom('', '', 'orders', 'orders:write', 'orders:write:t1', 'other'),
  keyId: fc.constantFrom('key_1', 'key_1', 'key_1', 'nobody'),
});

const key = { secret: TEST_SECRET, scopes: ['orders'] };

function started(prelude: readonly SignedHead[]): Service {
  const service = serve({ audience: ANY_HOST, limits, receipts: true }, { key_1: key });
  for (const head of prelude) service.verifier.verify(head, { body: head.body });
  return service;
}

async function verify(
  service: Service,
  head: SignedHead,
  children: boolean,
  how: Partial<Uncovered> = {},
): Promise<Verdict> {
  const { address } = how;
  const incoming = address === undefined ? head : { ...head, address };
  if (how.asText !== true) return service.verifier.verify(incoming, { ...route, children, body: head.body });
  const proved = await service.verifier.verify(incoming, { ...route, children });
  if (!proved.ok) return proved;
  const bytes = Buffer.from(head.body);
  return proved.buffer(
    (async function* () {
      yield bytes.subarray(0, bytes.length >> 1);
      yield bytes.subarray(bytes.length >> 1);
    })(),
  );
}

/** What a verdict decides and says; not the bytes of the body that it hands on, nor functions. */
function decided(verdict: Verdict): unknown {
  if (!verdict.ok) return { ...verdict };
  const { request, key: provedKey, scope, budgets, headers } = verdict;
  return { request, provedKey, scope, budgets, headers };
}

it('L4 no other byte counts: whatever is not covered changes neither scope, budgets, cost nor verdict', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(respelledRequests(), uncovered, histories, async ({ raw, respelled }, how, history) => {
      const { before, replayed, children, offsetMs, scope, keyId } = history;
      const { authority, ...request } = raw;
      const head = signHead({ ...request, audience: authority, signedAtMs: T + offsetMs, scope, keyId });
      const prelude = before.map((ofOthers) => signHead({ signedAtMs: T, scope: ofOthers }));
      if (replayed) prelude.push(head);
      const [one, other] = [started(prelude), started(prelude)];

      const hosts = head.headers.map(
        ([name, value]): Line => (name === 'host' ? [name, respelled.authority] : [name, value]),
      );
      const spelled = { ...head, target: respelled.target, headers: hosts };
      const expected = await verify(one, head, children);
      const actual = await verify(other, withUncovered(spelled, how), children, how);
      expect(decided(actual)).toEqual(decided(expected));
      seen.set(outcomeOf(actual), (seen.get(outcomeOf(actual)) ?? 0) + 1);

      // And what comes after meets the same budgets.
      const probe = signHead({ signedAtMs: T, scope: 'orders:write:t1', target: '/a' });
      expect(decided(await verify(other, probe, true))).toEqual(decided(await verify(one, probe, true)));
    }),
    { numRuns: runs(1000) },
  );
  for (const outcome of [
    'admitted',
    'rate-limited',
    'replayed-nonce',
    'stale-timestamp',
    'future-timestamp',
    'scope-mismatch',
    'scope-not-granted',
    'invalid-signature',
  ]) {
    expect(seen.get(outcome) ?? 0, outcome).toBeGreaterThan(10);
  }
});

it('L4 no other byte counts: what a route is given holds what is covered, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(respelledRequests(), uncovered, async ({ raw: { authority, ...request } }, how) => {
      const given: SignedRequest[] = [];
      const remember = (signed: SignedRequest): SignedRequest => {
        given.push(signed);
        return signed;
      };
      const head = signHead({ ...request, audience: authority, signedAtMs: T });
      const verdict = await serve({ audience: ANY_HOST }).verifier.verify(withUncovered(head, how), {
        scope: (signed) => remember(signed) && 'orders',
        cost: (signed) => remember(signed) && 1,
        body: head.body,
      });
      expect(outcomeOf(verdict)).toBe('admitted');
      expect(given).toHaveLength(2);
      for (const signed of given) {
        expect(Object.keys(signed).toSorted()).toEqual([
          'audience',
          'digest',
          'headers',
          'key',
          'method',
          'nonce',
          'path',
          'query',
          'scope',
          'signedAtMs',
          'ts',
        ]);
        expect(signed.headers.map(([name]) => name)).toEqual(
          request.headers.map(([name]) => name.toLowerCase()).toSorted(),
        );
        expect(Object.isFrozen(signed)).toBe(true);
      }
    }),
    { numRuns: runs(1000) },
  );
});
