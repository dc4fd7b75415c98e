/**
 * SHA-256 and HMAC-SHA256 by @noble/hashes: the same functions as `node.ts`, for every other runtime.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Sha256 } from './types.js';

/** SHA-256 as 64 lower-case hex digits. A text is taken as UTF-8. */
export function sha256Hex(data: Uint8Array | string): string {
  return bytesToHex(sha256(typeof data === 'string' ? utf8ToBytes(data) : data));
}

/** Begins a SHA-256 over bytes that come in pieces. */
export function createSha256(): Sha256 {
  const state = sha256.create();
  return {
    update: (bytes) => {
      state.update(bytes);
    },
    digestHex: () => bytesToHex(state.digest()),
  };
}

/** Prepares a key once; the function it gives is called once a MAC. */
export function hmacSha256(keyBytes: Uint8Array): (text: string) => string {
  const prepared = hmac.create(sha256, keyBytes);
  return (text) => bytesToHex(prepared.clone().update(utf8ToBytes(text)).digest());
}
