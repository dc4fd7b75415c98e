/** The arguments of the admission script, but for the identity, which the connection knows (`script/admit.ts`). */
import type { Admission } from '@countersign/server/stores';
import type { Argument } from './link/link.js';

/**
 * @param byMs the time by which it must run; for `undo`, the time of the admission
 * @param native whether the owner's bucket is the one that the key's own id leads to
 */
export function admitArguments(admission: Admission, byMs: number, native: boolean): Argument[] {
  const { owner, key, nonce, signedAtMs, charges } = admission;
  const words = new DataView(nonce.buffer, nonce.byteOffset, nonce.byteLength);
  const args: Argument[] = [
    byMs,
    owner,
    key,
    words.getUint32(0),
    words.getUint32(4),
    words.getUint32(8),
    words.getUint32(12),
    signedAtMs,
    native ? 1 : 0,
    `k${key}`,
    `h${key}`,
  ];
  // With its length before it no owner's name can run into a policy's.
  for (const { policy } of charges) args.push(`b${owner.length}:${owner}${policy}`);
  for (const { limit } of charges) args.push(limit);
  for (const { windowMs } of charges) args.push(windowMs);
  for (const { cost } of charges) args.push(cost);
  return args;
}
