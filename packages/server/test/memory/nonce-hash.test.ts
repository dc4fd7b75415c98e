import { describe, expect, it } from 'vitest';
import { hashNonce } from '../../src/memory/nonce-hash.js';

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index);

describe('the hash of nonces', () => {
  it('is HalfSipHash-1-3: vector 16 of the Linux kernel test', () => {
    expect(hashNonce([0x03020100, 0x07060504], bytes(16)).hash >>> 0).toBe(0x8b31d501);
  });

  it('depends on every bit of the nonce and of the seed', () => {
    const seen = new Set([hashNonce([1, 2], bytes(16)).hash]);
    for (let bit = 0; bit < 128; bit++) {
      const nonce = bytes(16);
      nonce[bit >> 3] = (nonce[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      seen.add(hashNonce([1, 2], nonce).hash);
    }
    for (let bit = 0; bit < 32; bit++) {
      seen.add(hashNonce([(1 ^ (1 << bit)) >>> 0, 2], bytes(16)).hash);
      seen.add(hashNonce([1, (2 ^ (1 << bit)) >>> 0], bytes(16)).hash);
    }
    expect(seen.size).toBe(193);
  });

  it.each([0, 15, 17])('takes no nonce of %d bytes', (length) => {
    expect(() => hashNonce([1, 2], bytes(length))).toThrow(
      new TypeError(`admission.nonce: needs 16 bytes, has ${length}`),
    );
  });
});
