/**
 * The nonces of a signer that is given no others: version 4 UUIDs. Browsers have `crypto.randomUUID` in secure contexts
 * only; in others it is written from random bytes.
 */

/** A fresh UUID. */
export function randomNonce(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  // Two digits say version 4 and its variant; the other 30 stay random.
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-a$4-');
}
