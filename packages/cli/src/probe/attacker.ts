/**
 * What attacks are made with: requests signed as the plan says, sent at the plan's pace, their answers judged by the
 * baseline. One attacker serves all attacks of a probe, one after the other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from './endpoint.js';
import { type Answer, type Answered, exchange, exchangeTogether, openLine } from './exchange.js';
import { type Judgement, judge } from './judge.js';
import type { Pace } from './pace.js';
import type { Plan } from './plan.js';
import { fieldOf, formatRequest, type RawRequest } from './raw-request.js';
import { type Draft, signDraft } from './sign.js';

/** What an unmodified request is answered, and what may be added to it without its being refused for that. */
export interface Baseline {
  readonly status: number;
  readonly answer: Answered;
  /** Whether query parameters of our own do not disturb the application. */
  readonly takesQuery: boolean;
  /** Whether signed fields of our own do not. */
  readonly takesFields: boolean;
}

export interface Attacker {
  readonly plan: Plan;
  readonly baseline: Baseline;
  readonly requestsSent: () => number;
  /** When the last request was sent, monotonic. */
  readonly lastSentMs: () => number;
  /** The last request that found a connection. */
  readonly lastRequest: () => RawRequest | undefined;
  readonly sign: (draft?: Draft) => RawRequest;
  /** Sends, and sends again after the wait that a spent budget or an unavailable store asks for. */
  readonly send: (request: RawRequest, endpoint?: Endpoint) => Promise<Answer>;
  readonly sendOnce: (request: RawRequest, endpoint?: Endpoint) => Promise<Answer>;
  /** Sends all of them in the same moment, each on a connection of its own. */
  readonly sendTogether: (requests: readonly RawRequest[]) => Promise<readonly Answer[]>;
  /** Sends the head and half of the body, and hangs up. */
  readonly sendHalf: (request: RawRequest) => Promise<void>;
  readonly judge: (answer: Answer, request: RawRequest) => Judgement;
  readonly pause: (waitMs: number) => Promise<void>;
  /** Says what is being waited for. */
  readonly say: (text: string) => void;
}

/** For how long one request is tried again. */
const PATIENCE_MS = 70_000;
const HALF_WAY_MS = 50;

/** @param pace shared by all that send for one probe */
export function createAttacker(
  plan: Plan,
  baseline: Baseline,
  pace: Pace,
  say: (text: string) => void,
): Attacker {
  let sent = 0;
  let lastSentMs = performance.now();
  let lastRequest: RawRequest | undefined;
  const pause = async (waitMs: number): Promise<void> => void (await sleep(waitMs));

  const take = async (requests: number): Promise<void> => {
    await pace.take(requests);
    sent += requests;
    lastSentMs = performance.now();
  };
  const sendOnce: Attacker['sendOnce'] = async (request, endpoint = plan.endpoint) => {
    await take(1);
    const answer = await exchange(endpoint, request);
    lastRequest = request;
    return answer;
  };

  return {
    plan,
    baseline,
    requestsSent: () => sent,
    lastSentMs: () => lastSentMs,
    lastRequest: () => lastRequest,
    sign: (draft) => signDraft(plan, draft),
    sendOnce,
    send: async (request, endpoint) => {
      for (let waitedMs = 0; ; ) {
        const answer = await sendOnce(request, endpoint);
        const waitMs = waitOf(answer);
        if (waitMs === undefined || waitedMs + waitMs > PATIENCE_MS) return answer;
        say(`waiting ${Math.ceil(waitMs / 1000)} s for a budget`);
        await pause(waitMs);
        waitedMs += waitMs;
      }
    },
    sendTogether: async (requests) => {
      await take(requests.length);
      return exchangeTogether(plan.endpoint, requests, () => pause(HALF_WAY_MS));
    },
    sendHalf: async (request) => {
      await take(1);
      const line = await openLine(plan.endpoint, request.method);
      line.write(formatRequest(request).subarray(0, -Math.ceil(request.body.length / 2)));
      await pause(HALF_WAY_MS);
      line.close();
    },
    judge: (answer, request) => judge(answer, baseline.status, isSameRoute(plan, request)),
    pause,
    say,
  };
}

function isSameRoute(plan: Plan, { method, target }: RawRequest): boolean {
  const [path] = target.split('?');
  return method === plan.method && path === plan.url.pathname;
}

/** How long a busy endpoint asks to wait; it may say so without being asked to. */
export function waitOf(answer: Answer): number | undefined {
  if ('failure' in answer || answer.code === 'too-many-failures') return undefined;
  if (answer.status !== 429 && answer.status !== 503) return undefined;
  const seconds = fieldOf(answer.headers, 'retry-after') ?? '';
  return /^\d{1,5}$/.test(seconds) ? Math.max(Number(seconds), 0.1) * 1000 : undefined;
}
