/**
 * The head of an admission: what is numbers and bytes, as one binary argument, because each argument costs the server
 * more than what is in it.
 */
import type { Admission } from '@countersign/server/stores';

/** Identity, head, owner, `k<key>`, `h<key>`. */
export const FIXED_ARGUMENTS = 5;
/** Two times, the nonce, and whether the key is native to the bucket. Then 24 bytes for each charge. */
const HEAD_BYTES = 33;
const CHARGE_BYTES = 24;

/**
 * @param byMs the time by which the script must run (0: any); for `undo`, the time of the admission
 * @param native whether the owner's bucket is the one that the key's own id leads to
 */
export function admissionHead(
  { nonce, signedAtMs, charges }: Admission,
  byMs: number,
  native: boolean,
): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES + CHARGE_BYTES * charges.length);
  head.writeDoubleBE(byMs, 0);
  head.writeDoubleBE(signedAtMs, 8);
  head.set(nonce, 16);
  head[32] = native ? 1 : 0;
  let at = HEAD_BYTES;
  for (const { limit, windowMs, cost } of charges) {
    head.writeDoubleBE(limit, at);
    head.writeDoubleBE(windowMs, at + 8);
    head.writeDoubleBE(cost, at + 16);
    at += CHARGE_BYTES;
  }
  return head;
}

/** Lua expressions for the i-th charge: its field; its limit, window in milliseconds and cost. */
export const CHARGE: {
  readonly field: (i: string) => string;
  readonly numbers: (i: string) => string;
} = {
  field: (i) => `ARGV[${FIXED_ARGUMENTS} + ${i}]`,
  numbers: (i) => `struct.unpack('>ddd', ARGV[2], ${HEAD_BYTES + 1} + ${CHARGE_BYTES} * (${i} - 1))`,
};

/** Lua: `by`, `signed`, `nonce` and its four words, `native`; `owner`, `key` (the field `k<key>`), the `count` of charges. */
export function headLua(injectedTime: boolean): string {
  return `local by, signed, a, b, c, d, native = struct.unpack('>ddI4I4I4I4B', ARGV[2])
local nonce, owner, key = string.sub(ARGV[2], 17, 32), ARGV[3], ARGV[4]
local count = #ARGV - ${injectedTime ? FIXED_ARGUMENTS + 2 : FIXED_ARGUMENTS}`;
}
