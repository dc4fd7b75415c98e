/**
 * Nonces as Redis has them: the last word comes first and is stirred with the others, so that it is a hash of them all.
 * The script takes it for the number of the nonce's pack without reckoning. No two nonces become the same.
 */

/** Writes the nonce, stirred, into `target` from `at` on. */
export function stirNonce(nonce: Uint8Array, target: Buffer, at: number): void {
  const from = new DataView(nonce.buffer, nonce.byteOffset, 16);
  const [a, b, c] = [from.getUint32(0), from.getUint32(4), from.getUint32(8)];
  // Whoever knows the other words and the first can tell the last: each step can be taken back.
  const hash = stirred(from.getUint32(12)) ^ stirred(stirred(stirred(a) ^ b) ^ c);
  target.writeInt32LE(hash, at);
  target.writeUInt32LE(a, at + 4);
  target.writeUInt32LE(b, at + 8);
  target.writeUInt32LE(c, at + 12);
}

/** Lets every bit of a word count in its low bits, whether it comes from a counter or a poor generator. */
export function stirred(word: number): number {
  const mixed = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  return mixed ^ (mixed >>> 15);
}
