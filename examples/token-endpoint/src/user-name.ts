/**
 * One user name, however it is spelled. Accounts are looked up by this form, and budgets are counted by it, so two
 * spellings that reach one account cannot have two budgets. It does not say whether such a user exists.
 */
import { createHash } from 'node:crypto';

const MAX_LENGTH = 128;
/** Controls, format characters, unassigned ones and all kinds of spaces; and what stands for bytes that are no UTF-8. */
const NOT_IN_A_NAME = /[\p{C}\p{Z}\uFFFD]/u;

/**
 * NFKC, lower case, NFKC: `Alice`, `ALICE`, `ａｌｉｃｅ` are `alice`, and U+212A (the Kelvin sign) is `k`.
 *
 * @returns `undefined` for a text that is no user name: empty, over 128 UTF-16 units, or with spaces or controls
 */
export function canonicalUserName(name: string): string | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  const canonical = name.normalize('NFKC').toLowerCase().normalize('NFKC');
  return canonical === '' || NOT_IN_A_NAME.test(canonical) ? undefined : canonical;
}

/** A canonical user name as one segment of a scope: its SHA-256, 64 hex digits. Log files then show no names. */
export function userSegment(canonicalName: string): string {
  return createHash('sha256').update(canonicalName, 'utf8').digest('hex');
}
