/**
 * L1, the string itself: it reads back as the parts it was written from, and different parts never share one.
 */
import { canonicalize, parseCanonical, type RequestParts } from '@countersign/canonical';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { requestParts } from '../../src/index.js';

it('L1 injective: parseCanonical(canonicalize(r)) is r', () => {
  fc.assert(
    fc.property(requestParts(), (parts) => {
      expect(parseCanonical(canonicalize(parts))).toEqual(parts);
    }),
    { numRuns: 3000 },
  );
});

it('L1 injective: requests that differ in any part have different canonical strings', () => {
  const keys = [
    'method',
    'audience',
    'path',
    'query',
    'digest',
    'ts',
    'nonce',
    'key',
    'scope',
    'headers',
  ] as const;
  fc.assert(
    fc.property(requestParts(), requestParts(), fc.constantFrom(...keys), (parts, donor, key) => {
      const changed = { ...parts, [key]: donor[key] };
      const same = JSON.stringify(parts[key]) === JSON.stringify(donor[key]);
      expect(canonicalize(changed) === canonicalize(parts)).toBe(same);
    }),
    { numRuns: 3000 },
  );
});

it('L1 injective: not even parts that no request has can share a string', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', ':', '\n', '\r', ''), maxLength: 2 });
  const headers = fc.array(fc.tuple(texts, texts), { maxLength: 2 });
  const anyParts: fc.Arbitrary<RequestParts> = fc
    .record({ key: texts, scope: texts, headers })
    .map((few) => ({ method: '', audience: '', path: '', query: '', digest: '', ts: '', nonce: '', ...few }));
  let written = 0;
  fc.assert(
    fc.property(anyParts, anyParts, (one, other) => {
      const [first, second] = [tryCanonicalize(one), tryCanonicalize(other)];
      if (first === undefined || second === undefined) return;
      written++;
      expect(first === second).toBe(JSON.stringify(one) === JSON.stringify(other));
    }),
    { numRuns: 20_000 },
  );
  expect(written).toBeGreaterThan(1000);
});

function tryCanonicalize(parts: RequestParts): string | undefined {
  try {
    return canonicalize(parts);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return undefined;
  }
}
