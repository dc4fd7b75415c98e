/** What is changed in every request alike, by what became of the first: a prefix that is stripped, a signature that is. */
import { type Arrival, requireAdapterOptions } from '@countersign/server/adapter';
import type { Change } from './change.js';
import type { SentRequest } from './sign.js';

/** Tried when the field that was asked for does not arrive. */
export const OTHER_FIELD = 'countersign-signature';

/** Another field carries the signature where this one does not. */
export function anotherField({ signatureField: name }: SentRequest, { fields }: Arrival): Change {
  const how = signatureChange(fields.filter(([other]) => other === name).length);
  return {
    effect: 'option',
    what: `field ${name}`,
    how,
    advice: `carry the signature in a field that arrives, such as ${OTHER_FIELD}, on both sides`,
    option: { of: ['createSigner', 'createVerifier'], name: 'header', value: OTHER_FIELD },
  };
}

/** How a signature that is not intact was changed, by the lines on which it stands. */
export function signatureChange(lines: number): string {
  if (lines > 1) return `it stands on ${lines} lines`;
  return lines === 1 ? 'its value is replaced' : 'it is removed';
}

/** What is missing at the front of the path that arrived; empty where the adapter could not put it back. */
export function strippedPrefix(sent: SentRequest, { target }: Arrival): string {
  if (target === sent.target || !target.startsWith('/') || !sent.target.endsWith(target)) return '';
  const prefix = sent.target.slice(0, -target.length);
  try {
    requireAdapterOptions({ scope: 'doctor', prefix });
    return prefix;
  } catch {
    return '';
  }
}

export function prefixChange(prefix: string, { target }: SentRequest, arrival: Arrival): Change {
  return {
    effect: 'option',
    what: 'path',
    how: `its prefix ${prefix} is stripped`,
    advice: 'what is stripped: it is put back before the target is verified',
    option: { of: ['countersign'], name: 'prefix', value: prefix },
    sent: target,
    arrived: arrival.target,
  };
}
