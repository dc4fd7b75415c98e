/** What the tests of the signer share: its options, and its fields read back. */
import { parseAuthorization, parseCanonical } from '@countersign/canonical';

export const base = { keyId: 'key_live_1', secret: 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8' };
export const fixed = {
  ...base,
  now: () => 1763750000000,
  nonce: () => '0f8fad5b-d9cb-469f-a165-70867728950e',
};
export const url = 'https://api.example.com/v1/orders';

export function authorization(fields: Record<string, string>) {
  return parseAuthorization(field(fields, 'authorization'));
}

export function field(fields: Record<string, string>, name: string): string {
  return fields[name] ?? '';
}

export function debugText(fields: Record<string, string>): string {
  return Buffer.from(field(fields, 'countersign-debug'), 'base64url').toString('latin1');
}

export function debugged(fields: Record<string, string>) {
  return parseCanonical(debugText(fields));
}
