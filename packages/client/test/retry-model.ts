/**
 * A model for L14: a naive server that remembers what it admitted, a network that is the adversary, and a clock that
 * all of them live by. Everything is virtual; `performCall` is the real one.
 */
import {
  formatVerdict,
  importSecret,
  parseAuthorization,
  type VerdictFields,
  type VerdictSubject,
} from '@countersign/canonical';
import { readCallOptions } from '../src/call-options.js';
import { type Answer, performCall } from '../src/signed-call.js';
import { createSigner, signingCore } from '../src/signer.js';

export const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const START_MS = 1_763_750_000_000;
/** The server runs this long before the call. */
const LIVES_BEFORE_MS = 20_000;
const PAST_MS = 300_000;
const FUTURE_MS = 10_000;

/** What the network does to one attempt. Times in milliseconds. */
export interface NetworkPlan {
  /** When the request reaches the server after it was sent; undefined: never. */
  readonly requestAfterMs: number | undefined;
  /** When copies of it reach the server. */
  readonly copiesAfterMs: readonly number[];
  /** When the client's attempt ends after it was sent; the answer is what has come by then. */
  readonly answerAfterMs: number;
  /** What the client is given: the answer, nothing, a gateway's answer, or an earlier verdict played again. */
  readonly answer: 'true' | 'lost' | 'gateway' | 'replayed' | 'forged' | 'verdict-of-copy';
  /** The machine sleeps meanwhile: the monotonic clock stands still. */
  readonly asleep: boolean;
}

/** What the server does to one request that gets as far as its store. */
export type ServerPlan =
  | 'admit'
  | 'limit'
  | 'unavailable'
  | 'limit-for-ever'
  | 'gateway-error-of-the-handler';

export interface World {
  readonly method: string;
  readonly repeatable: boolean;
  /** Client's clock minus the server's at the start. */
  readonly skewMs: number;
  readonly network: readonly NetworkPlan[];
  readonly server: readonly ServerPlan[];
  /** The server forgets everything at these times after the call began, and raises its horizon. */
  readonly restartsMs: readonly number[];
  readonly receipts: boolean;
}

export interface Outcome {
  /** Times of the handler's executions, by signature. */
  readonly executions: readonly string[];
  readonly executedWhenItEnded: number;
  readonly signatures: number;
  readonly sends: number;
  readonly result: { readonly returned: string } | { readonly threw: unknown };
  readonly clockErrorMs: number;
}

interface Reply {
  readonly status: number;
  readonly verdict: string | undefined;
  readonly label: string;
}

/** Runs one call, then lets everything that is still on its way arrive. */
export async function runCall(world: World): Promise<Outcome> {
  const secret = importSecret(SECRET);
  let nowMs = START_MS - LIVES_BEFORE_MS;
  let sleptMs = 0;
  const due: { atMs: number; run: () => void }[] = [];
  const advance = (toMs: number): void => {
    for (;;) {
      const next = due.filter(({ atMs }) => atMs <= toMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      due.splice(due.indexOf(next), 1);
      nowMs = Math.max(nowMs, next.atMs);
      next.run();
    }
    nowMs = Math.max(nowMs, toMs);
  };

  // The server: window and horizon, replay, budgets, then the claim.
  const admitted = new Set<string>();
  const executions: string[] = [];
  let horizonMs = Number.NEGATIVE_INFINITY;
  let forgotAtMs = Number.NEGATIVE_INFINITY;
  let served = 0;
  for (const afterMs of world.restartsMs) {
    due.push({
      atMs: START_MS + afterMs,
      run: () => {
        admitted.clear();
        forgotAtMs = nowMs;
        horizonMs = nowMs + FUTURE_MS;
      },
    });
  }
  const serve = (subject: VerdictSubject, tsMs: number): Reply => {
    const reply = (status: number, code: string, rest: Partial<VerdictFields> = {}): Reply => ({
      status,
      verdict: formatVerdict(secret, subject, { code, timeMs: Math.floor(nowMs), ...rest }),
      label: code,
    });
    if (tsMs < nowMs - PAST_MS) return reply(401, 'stale-timestamp', { deadSinceMs: tsMs + PAST_MS });
    if (tsMs > nowMs + FUTURE_MS) return reply(401, 'future-timestamp');
    if (tsMs <= horizonMs) {
      const retryAfterMs = Math.max(0, Math.ceil(horizonMs - nowMs) + 1);
      return reply(503, 'store-recovering', { deadSinceMs: Math.ceil(forgotAtMs), retryAfterMs });
    }
    if (admitted.has(subject.nonce)) return reply(409, 'replayed-nonce');
    const plan = world.server[served++ % world.server.length];
    if (plan === 'limit') return reply(429, 'rate-limited', { retryAfterMs: 1500 });
    if (plan === 'limit-for-ever') return reply(429, 'rate-limited');
    if (plan === 'unavailable') return reply(503, 'store-unavailable', { retryAfterMs: 1000 });
    admitted.add(subject.nonce);
    executions.push(subject.nonce);
    const status = plan === 'gateway-error-of-the-handler' ? 503 : 200;
    return world.receipts ? reply(status, 'admitted') : { status, verdict: undefined, label: 'handler' };
  };

  advance(START_MS);

  let nonces = 0;
  const signer = createSigner({
    keyId: 'k',
    secret: SECRET,
    now: () => Math.floor(nowMs + world.skewMs),
    nonce: () => `00000000-0000-4000-8000-${String(++nonces).padStart(12, '0')}`,
  });
  const core = signingCore(signer);
  const rules = readCallOptions({
    attempts: 6,
    monotonicNow: () => nowMs - sleptMs,
    random: () => 0.5,
    sleep: async (waitMs) => advance(nowMs + waitMs),
  });

  let sends = 0;
  const verdicts: Reply[] = [];
  const send = async (fields: Record<string, string>): Promise<Answer<string>> => {
    const { key, nonce, sig, ts } = parseAuthorization(new Headers(fields).get('authorization') ?? '');
    const plan = world.network[sends++ % world.network.length] as NetworkPlan;
    const sentMs = nowMs;
    let came: Reply | undefined;
    let ofCopy: Reply | undefined;
    const arrive = (copy: boolean) => (): void => {
      const reply = serve({ key, nonce, sig }, Number(ts));
      if (reply.verdict !== undefined) verdicts.push(reply);
      if (copy) ofCopy ??= reply;
      else came = reply;
    };
    if (plan.requestAfterMs !== undefined)
      due.push({ atMs: sentMs + plan.requestAfterMs, run: arrive(false) });
    for (const afterMs of plan.copiesAfterMs) due.push({ atMs: sentMs + afterMs, run: arrive(true) });
    advance(sentMs + plan.answerAfterMs);
    if (plan.asleep) sleptMs += plan.answerAfterMs;
    const gateway: Reply = { status: 503, verdict: undefined, label: 'gateway' };
    const reply = {
      true: came,
      lost: undefined,
      gateway,
      // Any verdict that was ever seen, about this signature or another.
      replayed: verdicts[sends % Math.max(1, verdicts.length)] ?? gateway,
      forged: forge(came, nowMs),
      'verdict-of-copy': ofCopy,
    }[plan.answer];
    if (reply === undefined) throw new Error('network');
    return {
      status: reply.status,
      field: (name) => (name === 'countersign-verdict' ? reply.verdict : undefined),
      value: reply.label,
      keep: async () => new Response(reply.label, { status: reply.status }),
      drop: () => {},
    };
  };

  let result: Outcome['result'];
  try {
    const call = {
      request: { method: world.method, url: 'http://a.example/' },
      repeatable: world.repeatable,
      signal: undefined,
    };
    result = { returned: await performCall(core, rules, call, send) };
  } catch (threw) {
    result = { threw };
  }
  const executedWhenItEnded = executions.length;
  const clockErrorMs = Math.abs(world.skewMs + core.clock.offsetMs);
  advance(nowMs + 3_600_000);
  return { executions, executedWhenItEnded, signatures: nonces, sends, result, clockErrorMs };
}

/** A verdict with a wish in it, made without the secret. */
function forge(reply: Reply | undefined, nowMs: number): Reply {
  const wish = `code="stale-timestamp", time="${Math.floor(nowMs)}", dead-since="0000000000001", retry-after-ms="", `;
  const sig = /sig="[0-9a-f]{64}"/.exec(reply?.verdict ?? '')?.[0] ?? `sig="${'0'.repeat(64)}"`;
  return { status: 401, verdict: wish + sig, label: 'forged' };
}
