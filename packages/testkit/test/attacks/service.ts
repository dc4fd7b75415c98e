/**
 * A service under attack: a verifier with the embedded store, on a clock that the test holds. What a test sends goes
 * through the verifier's public function only.
 */
import {
  createVerifier,
  type KeyConfig,
  keyring,
  type RefusalCode,
  type Refused,
  type Tolerance,
  type Verdict,
  type VerdictEvent,
  type Verifier,
  type VerifierOptions,
  type VerifyOptions,
} from '@countersign/server';
import { type SignedHead, type SigningInput, signHead, TEST_AUDIENCE, TEST_SECRET } from '../../src/index.js';

/** When tests begin: Unix time in milliseconds. */
export const T = 1_763_750_000_000;
export const OTHER_SECRET: Uint8Array = new Uint8Array(32).fill(7);
export const KEY: KeyConfig = { secret: TEST_SECRET, scopes: ['orders'] };
/** The default tolerance of a verifier. */
export const TOLERANCE: Tolerance = { pastMs: 300_000, futureMs: 10_000 };

export type Outcome = RefusalCode | 'admitted';

export interface Service {
  readonly verifier: Verifier;
  /** Both clocks of the verifier; the monotonic one follows unless it is set apart. */
  readonly clock: { nowMs: number };
  readonly events: VerdictEvent[];
  readonly send: (head: SignedHead, route?: VerifyOptions, address?: string) => Promise<Verdict>;
  /** The code of the verdict, or `admitted`. */
  readonly outcome: (head: SignedHead, route?: VerifyOptions, address?: string) => Promise<Outcome>;
}

/** A service with the key `key_1`, granted `orders`, unless other keys or options are given. */
export function serve(
  options: Partial<VerifierOptions> = {},
  keys: Readonly<Record<string, KeyConfig>> = { key_1: KEY },
): Service {
  const clock = { nowMs: T };
  const events: VerdictEvent[] = [];
  const verifier = createVerifier({
    keys: keyring(keys),
    audience: TEST_AUDIENCE,
    now: () => clock.nowMs,
    onVerdict: (event) => events.push(event),
    ...options,
  });
  const send: Service['send'] = async (head, route = {}, address) =>
    verifier.verify(address === undefined ? head : { ...head, address }, {
      scope: 'orders',
      body: head.body,
      ...route,
    });
  return { verifier, clock, events, send, outcome: async (...args) => outcomeOf(await send(...args)) };
}

/** Signs with the secret of `key_1`, at T, unless told otherwise. */
export function sign(input: Partial<SigningInput> = {}): SignedHead {
  return signHead({ signedAtMs: T, ...input });
}

export function outcomeOf(verdict: Pick<Verdict, 'ok'> & { readonly code?: RefusalCode }): Outcome {
  return verdict.code ?? 'admitted';
}

/** The verdict, which is expected to be a refusal. */
export function refusedOf(verdict: Verdict): Refused {
  if (verdict.ok) throw new Error('admitted');
  return verdict;
}

/** How many of these were admitted. */
export function countAdmitted(outcomes: readonly Outcome[]): number {
  return outcomes.filter((outcome) => outcome === 'admitted').length;
}

/** Sends one after the other. */
export async function sendAll(
  service: Service,
  heads: readonly SignedHead[],
  route: VerifyOptions = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const head of heads) outcomes.push(await service.outcome(head, route));
  return outcomes;
}

/** The head with the lines of one field changed. */
export function withField(
  head: SignedHead,
  name: string,
  change: (value: string) => string | readonly string[],
): SignedHead {
  const headers = head.headers.flatMap(([own, value]) =>
    own.toLowerCase() === name
      ? [change(value)].flat().map((line) => [own, line] as const)
      : [[own, value] as const],
  );
  return { ...head, headers };
}

/** The head with further field lines. */
export function withLines(head: SignedHead, ...lines: readonly (readonly [string, string])[]): SignedHead {
  return { ...head, headers: [...head.headers, ...lines] };
}
