/**
 * What comes back to a client: answers with verdicts that are forged, damaged, of other requests or true. The signed fetch ends in
 * a response or in one of its own errors, sends one signature unless a true verdict proves the first dead, and moves its clock
 * for nobody else.
 */

import { formatVerdict, importSecret, parseAuthorization } from '@countersign/canonical';
import { CountersignError, createFetch, createSigner } from '@countersign/client';
import { TEST_SECRET } from '@countersign/testkit';
import fc from 'fast-check';
import { edited, edits } from './edits.js';
import { SIGNED_AT_MS } from './originals.js';
import { count, type Part, propertyPart } from './part.js';

const SECRET = importSecret(TEST_SECRET);
const OTHER = importSecret(new Uint8Array(32).fill(7));
const CODES = [
  'rate-limited',
  'store-unavailable',
  'store-recovering',
  'stale-timestamp',
  'future-timestamp',
  'replayed-nonce',
  'digest-mismatch',
  'admitted',
  'nonsense',
];

const answer = fc.record({
  status: fc.constantFrom(
    200,
    204,
    301,
    307,
    400,
    401,
    403,
    408,
    409,
    413,
    421,
    425,
    429,
    500,
    502,
    503,
    504,
  ),
  code: fc.constantFrom(...CODES),
  /** Against the time of signing. */
  timeMs: fc.constantFrom(0, 1, -400_000, 400_000, 90_000_000, -90_000_000),
  deadSinceMs: fc.constantFrom(undefined, 0, -1, -400_000, 400_000),
  retryAfterMs: fc.constantFrom(undefined, 0, 1, 1500, 10 ** 14),
  made: fc.constantFrom('forged', 'of another request', 'damaged', 'absent', 'network error'),
  damage: edits(2),
  fields: fc.array(fc.tuple(fc.constantFrom('retry-after', 'location', 'ratelimit', 'date'), fc.string()), {
    maxLength: 2,
  }),
});

/** The client's `createFetch`, for a test that puts a careless one in its place. */
export type CreateFetch = typeof createFetch;

export function answersPart(create: CreateFetch = createFetch): Part {
  return propertyPart({
    name: 'answers',
    about:
      'answers that nobody who knows the secret wrote: the signed fetch sends one signature and keeps its clock',
    share: 0.04,
    inputs: fc.tuple(
      fc.array(answer, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('GET', 'POST', 'PUT'),
      fc.boolean(),
    ),
    judge:
      (tally) =>
      async ([answers, method, pace]) => {
        const signatures = new Set<string>();
        let sent = 0;
        const transport = async (_: unknown, init: RequestInit = {}): Promise<Response> => {
          const value = new Headers(init.headers).get('authorization') ?? '';
          signatures.add(value);
          const { status, made, damage, fields, ...verdict } =
            answers[Math.min(sent++, answers.length - 1)] ?? never();
          if (made === 'network error') throw new TypeError('fetch failed');
          const headers = new Headers();
          for (const [name, text] of fields) headers.append(name, encodeURIComponent(text));
          const written = write(made, value, damage, verdict);
          if (written !== undefined) headers.set('countersign-verdict', written);
          return new Response(null, { status, headers });
        };
        const signer = createSigner({ keyId: 'key_1', secret: TEST_SECRET, now: () => SIGNED_AT_MS });
        let elapsedMs = 0;
        const fetch = create(signer, {
          fetch: transport as typeof globalThis.fetch,
          pace,
          monotonicNow: () => elapsedMs,
          sleep: async (waitMs) => {
            elapsedMs += waitMs;
          },
        });
        const url = 'https://api.example.com/v1/orders';
        count(
          tally,
          await ending(fetch(url, { method, redirect: 'manual', body: method === 'GET' ? null : 'x' })),
        );
        if (signatures.size !== 1) throw new Error(`${signatures.size} signatures`);
        const { ts } = parseAuthorization(signer.sign({ method: 'GET', url })['authorization'] ?? '');
        if (ts !== String(SIGNED_AT_MS)) throw new Error('the clock was moved');
      },
  });
}

type Planned = typeof answer extends fc.Arbitrary<infer Value> ? Value : never;
type Verdict = Pick<Planned, 'code' | 'timeMs' | 'deadSinceMs' | 'retryAfterMs'>;

/** A verdict that is not true of this request, or none. */
function write(
  made: string,
  authorization: string,
  damage: Planned['damage'],
  { code, timeMs, deadSinceMs, retryAfterMs }: Verdict,
): string | undefined {
  const subject = parseAuthorization(authorization);
  const verdict = {
    code,
    timeMs: SIGNED_AT_MS + timeMs,
    ...(deadSinceMs === undefined ? {} : { deadSinceMs: SIGNED_AT_MS + deadSinceMs }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  if (made === 'forged') return formatVerdict(OTHER, subject, verdict);
  if (made === 'of another request') {
    return formatVerdict(SECRET, { ...subject, nonce: '0f8fad5b-d9cb-469f-a165-70867728950e' }, verdict);
  }
  if (made === 'absent') return undefined;
  const right = formatVerdict(SECRET, subject, verdict);
  const wrong = edited(right, damage).replace(/[^\x20-\x7e]/g, '');
  // Damage that leaves it whole, or takes away what a field loses on its way, is none.
  return wrong.trim() === right ? undefined : wrong;
}

async function ending(call: Promise<Response>): Promise<string> {
  try {
    return `response ${(await call).status}`;
  } catch (error) {
    if (error instanceof CountersignError) return error.name;
    if (error instanceof TypeError && error.message === 'fetch failed') return 'TypeError of fetch';
    throw error;
  }
}

function never(): never {
  throw new Error('no answer was planned');
}
