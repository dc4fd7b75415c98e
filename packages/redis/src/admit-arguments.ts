/** The arguments of the admission script, but for the identity, which the connection knows (`script/admit.ts`). */
import type { Admission } from '@countersign/server/stores';
import type { Argument } from './link/wire.js';
import { admissionHead } from './script/head.js';

/**
 * @param byMs the time by which it must run; for `undo`, the time of the admission
 * @param native whether the owner's bucket is the one that the key's own id leads to
 */
export function admitArguments(admission: Admission, byMs: number, native: boolean): Argument[] {
  const { owner, key, charges } = admission;
  const args: Argument[] = [admissionHead(admission, byMs, native), `k${key}`];
  // With its length before it no owner's name can run into a policy's.
  for (const { policy } of charges) args.push(`b${owner.length}:${owner}${policy}`);
  return args;
}
