/** L13: a request without a valid MAC causes no store operation and no body read, and only bounded memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type CachedDirectory, cachedDirectory, type Store } from '@countersign/server';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { junkRequests, runs, type SignedHead, type SigningInput } from '../../src/index.js';
import { KEY, OTHER_SECRET, outcomeOf, serve, sign, T, withField } from '../attacks/service.js';

/** A store that must not be asked. */
const untouchable: Store = {
  admit: () => {
    throw new Error('asked to admit');
  },
  declareStale: () => {
    throw new Error('asked about a signature');
  },
};

const zeroSig = (value: string): string => value.replace(/sig="[0-9a-f]{64}"/, `sig="${'0'.repeat(64)}"`);
/** Requests that prove nothing: forged, tampered with, of keys that are not there or not usable. */
const forgeries: fc.Arbitrary<SignedHead> = fc
  .record({
    keyId: fc.constantFrom('key_1', 'disabled', 'expired', 'early', 'nobody', '__proto__'),
    secret: fc.constantFrom(OTHER_SECRET, new Uint8Array(32)),
    body: fc.constantFrom('', 'x'),
    offsetMs: fc.constantFrom(0, -400_000, 400_000),
    scope: fc.constantFrom('', 'orders', 'other'),
    tampered: fc.boolean(),
  })
  .map(({ offsetMs, tampered, secret, ...input }) => {
    const right: SigningInput = { ...input, signedAtMs: T + offsetMs };
    return tampered ? withField(sign(right), 'authorization', zeroSig) : sign({ ...right, secret });
  });

const keys = {
  key_1: KEY,
  disabled: { ...KEY, disabled: true },
  expired: { ...KEY, expiresAt: T },
  early: { ...KEY, notBefore: T + 1 },
};

it('L13 strangers cost nothing: no store is asked and no body is offered for reading', () => {
  const service = serve({ store: untouchable }, keys);
  // Of junk, only what nobody signed: `other` is no key of this service.
  const junk = junkRequests(T).map(({ headers, ...rest }) => ({
    ...rest,
    headers: [...headers].map(
      ([name, value]) => [name, value.replace('key="key_1"', 'key="other"')] as const,
    ),
  }));
  const requests = fc.oneof(forgeries, junk);
  const seen = new Set<string>();
  fc.assert(
    fc.property(requests, fc.option(fc.ipV4(), { nil: undefined }), (request, address) => {
      const verdict = service.verifier.verify(
        { ...request, ...(address === undefined ? {} : { address }) },
        { scope: 'orders' },
      );
      if (verdict instanceof Promise) throw new Error('not at once');
      if (verdict.ok) throw new Error('proved');
      expect(verdict).not.toHaveProperty('buffer');
      expect(verdict.headers).not.toHaveProperty('countersign-verdict');
      seen.add(outcomeOf(verdict));
    }),
    { numRuns: runs(1000) },
  );
  for (const code of [
    'missing-signature',
    'malformed-signature',
    'invalid-signature',
    'malformed-request',
    'malformed-target',
  ]) {
    expect(seen).toContain(code);
  }
});

it('L13 strangers cost nothing: a directory is asked once for an id, known or not, however it is named', async () => {
  const names = fc.array(fc.constantFrom('key_1', 'a', 'b', 'c', '__proto__'), {
    minLength: 1,
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(names, fc.boolean(), fc.boolean(), async (ids, atOnce, slow) => {
      const asked = new Map<string, number>();
      const directory = cachedDirectory(
        async (id) => {
          asked.set(id, (asked.get(id) ?? 0) + 1);
          if (slow) await new Promise((resolve) => setImmediate(resolve));
          return id === 'key_1' ? KEY : undefined;
        },
        { now: () => 0 },
      );
      const service = serve({ keys: directory, store: untouchable, failures: { limit: 1_000_000 } });
      const send = (keyId: string) => service.outcome(sign({ keyId, secret: OTHER_SECRET }), {}, '192.0.2.1');
      if (atOnce) await Promise.all(ids.map(send));
      else for (const id of ids) await send(id);
      expect(Math.max(...asked.values())).toBe(1);
      expect(asked.size).toBe(new Set(ids).size);
    }),
    { numRuns: runs(1000) },
  );
});

it('L13 strangers cost nothing: memory stays bounded, whatever ids and addresses they come with', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const heapBytes = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const directory = cachedDirectory(() => undefined, { maxKeys: 1000, now: () => 0 });
  const service = serve({ keys: directory, failures: { maxAddresses: 1000 }, onVerdict: () => {} });
  const head = sign({ secret: OTHER_SECRET });
  const flood = async (from: number, count: number): Promise<void> => {
    for (let i = from; i < from + count; i++) {
      const stranger = withField(head, 'authorization', (value) =>
        value.replace('"key_1"', `"stranger_${i}"`),
      );
      const address = `2001:db8:${(i >> 16).toString(16)}:${(i & 0xffff).toString(16)}::1`;
      expect(await service.outcome(stranger, {}, address)).toMatch(/^(invalid-signature|too-many-failures)$/);
    }
  };
  await flood(0, 5000);
  const before = heapBytes();
  await flood(5000, runs(15_000));
  expect(heapBytes() - before).toBeLessThan(2_000_000);
  let kept = 0;
  for (let i = 0; i < 20_000; i++) if (directory.peek(`stranger_${i}`) !== undefined) kept++;
  expect(kept).toBeLessThanOrEqual(1000);
});

/** A sequence of junk and of honest requests; what is honest is always admitted. */
async function expectHonestAdmitted(
  keyOptions: { keys?: CachedDirectory },
  junk: readonly SignedHead[],
  addresses: readonly string[],
): Promise<void> {
  const service = serve({ ...keyOptions, failures: { limit: 3, maxAddresses: 4 } }, keys);
  expect(await service.outcome(sign(), {}, '198.51.100.1')).toBe('admitted');
  for (const [i, head] of junk.entries()) {
    const address = addresses[i % addresses.length];
    expect(await service.outcome(head, {}, address)).not.toBe('admitted');
    if (i % 3 === 0) expect(await service.outcome(sign(), {}, address)).toBe('admitted');
  }
  expect(await service.outcome(sign(), {}, '198.51.100.1')).toBe('admitted');
}
const floods = fc.array(forgeries, { minLength: 1, maxLength: 30 });
const addressLists = fc.array(
  fc.oneof(fc.constantFrom('198.51.100.1', '::ffff:198.51.100.1'), fc.ipV4(), fc.ipV6()),
  { minLength: 1, maxLength: 8 },
);

it('L13 strangers cost nothing: they lock out neither the key that they name nor the address that they share', async () => {
  await fc.assert(
    fc.asyncProperty(floods, addressLists, fc.boolean(), async (junk, addresses, cached) => {
      const directory = cachedDirectory((id) => (id === 'key_1' ? KEY : undefined), {
        maxKeys: 2,
        now: () => 0,
      });
      await expectHonestAdmitted(cached ? { keys: directory } : {}, junk, addresses);
    }),
    { numRuns: runs(1000) },
  );
});

it('L13 strangers cost nothing: from however many addresses they come, they spend only their own', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.ipV4(), { minLength: 1, maxLength: 30 }), async (addresses) => {
      const directory = cachedDirectory((id) => (id === 'key_1' ? KEY : undefined), { now: () => 0 });
      const service = serve({ keys: directory, failures: { limit: 2, maxAddresses: 4 } });
      for (const address of addresses) {
        for (let i = 0; i < 3; i++)
          await service.outcome(sign({ keyId: `junk_${i}`, secret: OTHER_SECRET }), {}, address);
      }
      const unseen = '2001:db8::1';
      expect(await service.outcome(sign(), {}, unseen)).toBe('admitted');
    }),
    { numRuns: runs(1000) },
  );
});
