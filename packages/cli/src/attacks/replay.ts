/** Requests that were admitted once and come again. */

import { sha256Hex } from '@countersign/canonical';
import { type Attack, gotThrough, notTried, type Result, refused } from '../probe/attack.js';
import type { Attacker } from '../probe/attacker.js';
import type { Endpoint } from '../probe/endpoint.js';
import { evidence } from '../probe/evidence.js';
import type { Answer } from '../probe/exchange.js';
import { tellAnswer, tellAnswers } from '../probe/judge.js';
import { fieldOf, type RawRequest } from '../probe/raw-request.js';
import { authorizationOf, forge } from '../probe/sign.js';
import { type Captured, capture, captureHeld } from './captured.js';
import { added, type Change, target } from './changes.js';
import { tryAll, type Variant } from './variants.js';

const COPIES = 20;

const RESENT: readonly Variant[] = [
  ['as it is', (request) => request],
  ['once more', (request) => request],
  ['with other unsigned fields', added(['User-Agent', 'probe'], ['Accept', '*/*'], ['X-Request-Id', '1'])],
  ['from another address, as it claims', added(['X-Forwarded-For', '203.0.113.7'])],
  ['with a letter of its path encoded', target(encodeLetter)],
  ['with its parameters in another order', target(rotateQuery)],
  ['with an empty query', target((text) => (text.includes('?') ? text : `${text}?`))],
  ['with the field name in upper case', shoutField],
  ['with its own authority in the target', ownAuthority],
];

const atOnce: Attack = {
  id: 'replay-at-once',
  group: 'replay',
  attack: 'An admitted request played back at once, as it is and with what is not signed changed.',
  catalogue: "replay inside the timestamp tolerance, faster than the limit's window",
  requests: () => RESENT.length + 1,
  run: (attacker) =>
    withCaptured(attacker, capture(attacker), ({ request }) =>
      tryAll(
        attacker,
        RESENT.map(([what, make]) => ({ what, make: () => make(request, attacker.plan) })),
      ),
    ),
};

const concurrent: Attack = {
  id: 'replay-concurrent',
  group: 'replay',
  attack: `${COPIES} copies of one request in the same moment: one of them may be admitted.`,
  catalogue: 'read-then-write counters under concurrency',
  requests: () => COPIES,
  run: async (attacker) => {
    const request = attacker.sign();
    const answers = await attacker.sendTogether(Array.from({ length: COPIES }, () => request));
    const admitted = answers.filter((answer) => attacker.judge(answer, request) === 'through');
    const [, second] = admitted;
    if (second !== undefined) {
      const reason = `${admitted.length} of ${COPIES} copies accepted`;
      return gotThrough(reason, evidence(reason, request, second));
    }
    if (admitted.length === 0) return notTried(`no copy was accepted: ${tellAnswers(answers)}`);
    // Whether the nonce or the limit stopped the others, nobody knows.
    const stopped = answers.filter((answer) => !admitted.includes(answer));
    if (stopped.every((answer) => 'status' in answer && answer.status === 429)) {
      return notTried(`a limit came first: ${tellAnswers(answers)}`);
    }
    return refused(tellAnswers(answers));
  },
};

const signedAgain: Attack = {
  id: 'nonce-signed-again',
  group: 'replay',
  attack: "An admitted request's nonce, signed again by the key's holder for other times and another body.",
  catalogue: 'a nonce admitted under one `ts` and again under another',
  requests: () => 5,
  run: (attacker) =>
    withCaptured(attacker, capture(attacker), ({ request }) => {
      const { ts } = authorizationOf(attacker.plan, request);
      const later = [1, 1_000, -1_000].map((stepMs) => ({
        what: `${stepMs} ms later`,
        make: () => forge(attacker.plan, request, { ts: String(Number(ts) + stepMs) }),
      }));
      return tryAll(attacker, [
        ...later,
        { what: 'for another body', make: () => signedForBody(attacker, request) },
      ]);
    }),
};

const afterWait: Attack = {
  id: 'replay-after-wait',
  group: 'replay',
  attack: 'An admitted request played back after a wait (--wait).',
  catalogue: "replay inside the timestamp tolerance, faster than the limit's window",
  requests: () => 3,
  run: async (attacker) => {
    const held = captureHeld(attacker);
    // The next attack's original, so that both are held back at the same time.
    await held.then(() => captureHeld(attacker, AHEAD_MS));
    return withCaptured(attacker, held, (original) => replayHeld(attacker, original));
  },
};

/** Within the usual tolerance of 10 s. */
const AHEAD_MS = 8_000;

const futureDated: Attack = {
  id: 'replay-future-dated',
  group: 'replay',
  attack: 'A request signed a few seconds ahead, admitted, and played back after a wait (--wait).',
  catalogue: "a nonce lifetime shorter than a future-dated request's",
  requests: () => 2,
  run: (attacker) =>
    withCaptured(attacker, captureHeld(attacker, AHEAD_MS), (held) => replayHeld(attacker, held)),
};

const otherPath: Attack = {
  id: 'replay-other-path',
  group: 'replay',
  attack: 'An admitted request played to other routes (--also).',
  requests: ({ also }) => also.length + 1,
  run: (attacker) => {
    const { also, target: own } = attacker.plan;
    const others = also.filter((each) => each !== own);
    if (others.length === 0) return Promise.resolve(notTried('give other routes by --also'));
    return withCaptured(attacker, capture(attacker), ({ request }) =>
      tryAll(
        attacker,
        others.map((each) => ({ what: each, make: () => ({ ...request, target: each }) })),
      ),
    );
  },
};

const otherInstance: Attack = {
  id: 'replay-other-instance',
  group: 'replay',
  attack: 'An admitted request played to another process of the service (--other-instance).',
  catalogue: 'counters per worker process, each with its own count',
  requests: ({ instances }) => instances.length + 1,
  run: (attacker) => {
    const { instances } = attacker.plan;
    if (instances.length === 0) return Promise.resolve(notTried('give another process by --other-instance'));
    return withCaptured(attacker, capture(attacker), ({ request }) => playTo(attacker, request, instances));
  },
};

export const replay: readonly Attack[] = [
  atOnce,
  concurrent,
  signedAgain,
  otherPath,
  otherInstance,
  afterWait,
  futureDated,
];

async function withCaptured(
  attacker: Attacker,
  captured: Promise<Captured | Answer>,
  attack: (captured: Captured) => Promise<Result>,
): Promise<Result> {
  const original = await captured;
  if ('request' in original) return attack(original);
  const { waitMs } = attacker.plan;
  return notTried(
    `no original was accepted (${tellAnswer(original)}), so none can be replayed after ${waitMs} ms`,
  );
}

async function replayHeld(attacker: Attacker, { request, admittedMs }: Captured): Promise<Result> {
  const { waitMs } = attacker.plan;
  const leftMs = admittedMs + waitMs - performance.now();
  if (leftMs > 0) {
    attacker.say(`waiting ${Math.ceil(leftMs / 1000)} s`);
    await attacker.pause(leftMs);
  }
  return tryAll(attacker, [{ what: `after ${waitMs / 1000} s`, make: () => request }]);
}

async function playTo(
  attacker: Attacker,
  request: RawRequest,
  instances: readonly Endpoint[],
): Promise<Result> {
  const answers: Answer[] = [];
  for (const instance of instances) {
    const answer = await attacker.send(request, instance);
    const what = `at ${instance.url.host}`;
    const judgement = attacker.judge(answer, request);
    if (judgement === 'through')
      return gotThrough(`${what}: accepted again`, evidence(what, request, answer));
    if (judgement === 'refused') answers.push(answer);
  }
  return answers.length > 0 ? refused(tellAnswers(answers)) : notTried('no other process answered');
}

function encodeLetter(text: string): string {
  return text.replace(/^(\/(?:[^?]*\/)?)([A-Za-z0-9])/, (_, before: string, letter: string) => {
    return `${before}%${letter.charCodeAt(0).toString(16)}`;
  });
}

/** The first parameter last: another order of different names has the same signature. */
function rotateQuery(text: string): string {
  return text.replace(/\?([^&=]+=[^&]*)&(.+)$/, '?$2&$1');
}

function shoutField(...[request, plan]: Parameters<Change>): ReturnType<Change> {
  const value = fieldOf(request.headers, plan.signatureField) ?? '';
  const others = request.headers.filter(([name]) => name.toLowerCase() !== plan.signatureField);
  return { ...request, headers: [...others, [plan.signatureField.toUpperCase(), value]] };
}

function ownAuthority(...[request, plan]: Parameters<Change>): ReturnType<Change> {
  return target((text) => `http://${plan.url.host}${text}`)(request, plan);
}

function signedForBody(attacker: Attacker, request: RawRequest): RawRequest {
  const body = Buffer.concat([request.body, Buffer.from(' ')]);
  const headers = request.headers.filter(([name]) => name.toLowerCase() !== 'content-length');
  const other: RawRequest = {
    ...request,
    headers: [...headers, ['Content-Length', String(body.length)]],
    body,
  };
  return forge(attacker.plan, other, { digest: sha256Hex(body) });
}
