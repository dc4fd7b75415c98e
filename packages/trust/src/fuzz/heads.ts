/**
 * Heads and bodies from nothing, with junk in a few places or everywhere: the verifier answers each with a verdict that can be
 * written, admits only what its signer signed, and nothing twice.
 */
import {
  ANY_HOST,
  createVerifier,
  type IncomingRequest,
  keyring,
  REFUSALS,
  type Refused,
  type Verdict,
  type VerifierOptions,
  type VerifyOptions,
} from '@countersign/server';
import { junkRequests, TEST_AUDIENCE, TEST_SECRET } from '@countersign/testkit';
import fc from 'fast-check';
import { SIGNED_AT_MS } from './originals.js';
import { count, type Part, propertyPart } from './part.js';

/** The verifier's `verify`, for a test that puts a broken one in its place. */
export type Verify = (
  request: IncomingRequest,
  options: VerifyOptions & { readonly body: string | Uint8Array },
) => Verdict | Promise<Verdict>;

const VARIANTS: readonly Partial<VerifierOptions>[] = [
  { limits: { '*': '1000000/s', orders: '500/m', 'orders:+': '50/m' }, maxBodyBytes: 8 },
  { audience: [TEST_AUDIENCE, 'other.example'], debug: true, receipts: true },
  { audience: ANY_HOST, requireSigned: ['x-a'], failures: { limit: 5 } },
  { header: 'x-a' },
];

function verifier(variant: Partial<VerifierOptions>): Verify {
  return createVerifier({
    keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['orders'] } }),
    audience: TEST_AUDIENCE,
    now: () => SIGNED_AT_MS,
    ...variant,
  }).verify;
}

/** An answer can be written: a status, fields without line ends, a document in JSON. */
export function requireWritable({ code, status, headers, problem }: Refused): void {
  if (REFUSALS[code]?.status !== status) throw new Error(`${code} with status ${status}`);
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[a-z-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(value)) throw new Error(`${name}: ${value}`);
  }
  if (JSON.parse(JSON.stringify(problem)).code !== code) throw new Error('the document has another code');
}

export function headsPart(make: (variant: Partial<VerifierOptions>) => Verify = verifier): Part {
  return propertyPart({
    name: 'heads',
    about:
      'whole requests with junk in some places or all, four verifiers: a verdict, written, and nothing twice',
    share: 0.18,
    inputs: fc.tuple(junkRequests(SIGNED_AT_MS), fc.nat(VARIANTS.length - 1)),
    judge: (tally) => {
      const verifies = VARIANTS.map(make);
      const admitted = new Set<string>();
      return ([{ body, ...head }, variant]) => {
        const verdict = verifies[variant]?.(head, { scope: 'orders', children: true, body });
        if (verdict === undefined || verdict instanceof Promise) throw new Error('not at once');
        count(tally, verdict.ok ? 'admitted' : verdict.code);
        if (!verdict.ok) return requireWritable(verdict);
        const { key, nonce } = verdict.request;
        const once = `${variant} ${key} ${nonce}`;
        if (admitted.has(once)) throw new Error(`${once} was admitted before`);
        admitted.add(once);
      };
    },
  });
}
