/**
 * SHA-256 and HMAC-SHA256 on the crypto that Node has built in. Chosen by the `#hash` import where the runtime
 * has the `node` condition; `noble.ts` answers everywhere else, with the same functions.
 */
import { createHash, createHmac, createSecretKey, hash } from 'node:crypto';
import type { Sha256 } from './types.js';

export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex');
}

export function createSha256(): Sha256 {
  const state = createHash('sha256');
  return {
    update: (bytes) => {
      state.update(bytes);
    },
    digestHex: () => state.digest('hex'),
  };
}

/** Prepares a key once; the function it gives is called once a MAC. */
export function hmacSha256(keyBytes: Uint8Array): (text: string) => string {
  const key = createSecretKey(keyBytes);
  return (text) => createHmac('sha256', key).update(text).digest('hex');
}
