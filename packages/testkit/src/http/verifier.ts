/** A verifier for tests over real sockets: one key, a real clock, and a record of every verdict. */
import {
  createVerifier,
  keyring,
  type VerdictEvent,
  type Verifier,
  type VerifierOptions,
} from '@countersign/server';
import { type SignedHead, type SigningInput, signHead, TEST_AUDIENCE, TEST_SECRET } from '../signing.js';

export interface WatchedVerifier {
  readonly verifier: Verifier;
  /** Every verdict, in order. */
  readonly events: VerdictEvent[];
  /** How many requests were admitted. */
  readonly admitted: () => number;
}

/** A verifier that knows `key_1`, which is granted everything, and refuses strangers for what they did. */
export function watchedVerifier(options: Partial<VerifierOptions> = {}): WatchedVerifier {
  const events: VerdictEvent[] = [];
  const verifier = createVerifier({
    keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['*'] } }),
    audience: TEST_AUDIENCE,
    failures: { limit: 1_000_000 },
    onVerdict: (event) => events.push(event),
    ...options,
  });
  return { verifier, events, admitted: () => events.filter(({ code }) => code === 'admitted').length };
}

/** Signs by the real clock. */
export function signNow(input: Omit<SigningInput, 'signedAtMs'> = {}): SignedHead {
  return signHead({ signedAtMs: Date.now(), ...input });
}
