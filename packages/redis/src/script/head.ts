/**
 * The head of an admission: what is numbers and bytes, as one binary argument, because each argument costs the server
 * more than what is in it.
 */
import type { Admission } from '@countersign/server/stores';
import { stirNonce } from './stirred-nonce.js';

/** Identity, head, `k<key>`. The charges' fields follow. */
export const FIXED_ARGUMENTS = 3;
/** Two times, and whether the key is native to the bucket. */
const NONCE_AT = 17;
const NONCE_BYTES = 16;
const SIGNED_BYTES = 6;
/** A nonce with its signed time, as a pack has it. */
export const ENTRY_BYTES: number = NONCE_BYTES + SIGNED_BYTES;
const CHARGES_AT: number = NONCE_AT + ENTRY_BYTES;
/** Limit, window and cost. */
const CHARGE_BYTES = 24;

/**
 * @param byMs the time by which the script must run (0: any); for `undo`, the time of the admission
 * @param native whether the owner's bucket is the one that the key's own id leads to
 */
export function admissionHead(
  { nonce, signedAtMs, charges, owner }: Admission,
  byMs: number,
  native: boolean,
): Buffer {
  const ownerAt = CHARGES_AT + CHARGE_BYTES * charges.length;
  const head = Buffer.allocUnsafe(ownerAt + Buffer.byteLength(owner));
  head.writeDoubleLE(byMs, 0);
  head.writeDoubleLE(signedAtMs, 8);
  head[16] = native ? 1 : 0;
  stirNonce(nonce, head, NONCE_AT);
  head.writeUIntLE(signedAtMs, NONCE_AT + NONCE_BYTES, SIGNED_BYTES);
  let at = CHARGES_AT;
  for (const { limit, windowMs, cost } of charges) {
    head.writeDoubleLE(limit, at);
    head.writeDoubleLE(windowMs, at + 8);
    head.writeDoubleLE(cost, at + 16);
    at += CHARGE_BYTES;
  }
  head.write(owner, ownerAt);
  return head;
}

/** Lua expressions for the i-th charge: its field; its limit, window in milliseconds and cost. */
export const CHARGE: {
  readonly field: (i: string) => string;
  readonly numbers: (i: string) => string;
} = {
  field: (i) => `ARGV[${FIXED_ARGUMENTS} + ${i}]`,
  numbers: (i) => `decode('<ddd', head, ${CHARGES_AT + 1 - CHARGE_BYTES} + ${CHARGE_BYTES} * ${i})`,
};

/** Lua expressions: the nonce with its signed time, as a pack has it; the owner. */
export const HEAD: { readonly entry: string; readonly owner: string } = {
  entry: `sub(head, ${NONCE_AT + 1}, ${CHARGES_AT})`,
  owner: `sub(head, ${CHARGES_AT + 1} + ${CHARGE_BYTES} * count)`,
};

/** Lua: `by`, `signed`, `native`, `nonce` and its `hash`; `key` (the field `k<key>`), the `count` of charges. */
export function headLua(injectedTime: boolean): string {
  return `local head, key = ARGV[2], ARGV[3]
local by, signed, native, hash = decode('<ddBI4', head)
local nonce = sub(head, ${NONCE_AT + 1}, ${NONCE_AT + NONCE_BYTES})
local count = #ARGV - ${injectedTime ? FIXED_ARGUMENTS + 2 : FIXED_ARGUMENTS}`;
}
