import { webcrypto } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { randomNonce } from '../src/random-nonce.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('is what crypto.randomUUID makes', () => {
  vi.stubGlobal('crypto', { randomUUID: () => 'made by the platform' });
  expect(randomNonce()).toBe('made by the platform');
});

test('is a version 4 UUID where crypto.randomUUID is missing, as in insecure contexts of browsers', () => {
  const getRandomValues = webcrypto.getRandomValues.bind(webcrypto);
  vi.stubGlobal('crypto', { getRandomValues });
  const nonces = Array.from({ length: 1000 }, randomNonce);
  for (const nonce of nonces) expect(nonce).toMatch(UUID_V4);
  expect(new Set(nonces).size).toBe(nonces.length);
  // Every digit but those of the version and the variant varies.
  const varied = [...'x'.repeat(36)].map((_, at) => new Set(nonces.map((nonce) => nonce[at])).size);
  const fixed = varied.flatMap((digits, at) => (digits === 1 ? [at] : []));
  expect(fixed).toEqual([8, 13, 14, 18, 19, 23]);
});

test('is written from all of the random bytes, small ones too', () => {
  const written = (fill: (i: number) => number) => {
    vi.stubGlobal('crypto', {
      getRandomValues: (bytes: Uint8Array) => {
        for (let i = 0; i < bytes.length; i++) bytes[i] = fill(i);
        return bytes;
      },
    });
    return randomNonce();
  };
  expect(written((i) => i)).toBe('00010203-0405-4607-a809-0a0b0c0d0e0f');
  expect(written((i) => 255 - i)).toBe('fffefdfc-fbfa-49f8-a7f6-f5f4f3f2f1f0');
});
