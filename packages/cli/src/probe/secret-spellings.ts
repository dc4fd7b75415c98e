/** How an answer could spell a secret. */
import { formatSecret } from '@countersign/canonical';

/** The texts by which an answer could give a secret away. */
export function secretSpellings(secret: Uint8Array): readonly string[] {
  const bytes = Buffer.from(secret);
  return [formatSecret(secret), bytes.toString('base64url'), bytes.toString('base64'), bytes.toString('hex')];
}
