/**
 * Whether a verifier would take what arrived for what was signed. The verifier's own code says so: parts of the request
 * that was sent are replaced by what arrived, and the canonical strings compared.
 */
import {
  CanonicalError,
  canonicalize,
  type Difference,
  explainDifference,
  type FieldLine,
  type RequestHead,
  readRequest,
  requestPolicy,
} from '@countersign/canonical';
import { type Arrival, withoutSignature } from '@countersign/server/adapter';
import type { SentRequest } from './sign.js';

export type Mismatch = Pick<Difference, 'part' | 'client' | 'server' | 'cause'>;

/** What a verifier with the right `audience` and `header` finds wrong when these members are in place of those sent. */
export function mismatch(sent: SentRequest, replaced: Partial<RequestHead>): Mismatch | undefined {
  const { method, target, headers, authority, signatureField, canonical } = sent;
  const policy = requestPolicy({ audience: authority, header: signatureField });
  try {
    const { parts } = readRequest({ method, target, headers, ...replaced }, policy);
    return explainDifference(canonical, canonicalize(parts));
  } catch (error) {
    if (error instanceof CanonicalError) return { part: error.code, cause: error.message };
    throw error;
  }
}

/** The whole head as it arrived. A value that the echo does not tell is taken to be the one that was sent. */
export function arrivedHead(sent: SentRequest, arrival: Arrival, target: string): RequestHead {
  const intact = isSignatureIntact(sent, arrival);
  const headers = arrival.fields.map(([name, value]): FieldLine => {
    const told = intact && name === sent.signatureField ? null : value;
    return [name, told ?? sentValue(sent, name)];
  });
  return { method: arrival.method, target, headers };
}

/** Whether the signature arrived as it was sent, on one line. The echo tells only the beginning of its digits. */
export function isSignatureIntact(sent: SentRequest, { fields }: Arrival): boolean {
  const lines = fields.filter(([name]) => name === sent.signatureField);
  return lines.length === 1 && lines[0]?.[1] === withoutSignature(sentValue(sent, sent.signatureField));
}

function sentValue({ headers }: SentRequest, wanted: string): string {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
}
