/** What refusals give away. Times are not measured: a network hides them, and a loop of its own has to look for them. */

import { type Attack, gotThrough, notTried, type Result, refused } from '../probe/attack.js';
import type { Attacker } from '../probe/attacker.js';
import { evidence } from '../probe/evidence.js';
import type { Answer, Answered } from '../probe/exchange.js';
import { tellAnswer } from '../probe/judge.js';
import type { RawRequest } from '../probe/raw-request.js';
import { secretSpellings } from '../probe/secret-spellings.js';
import { authorizationOf, withParameters } from '../probe/sign.js';

const UNKNOWN_KEY = 'probe-no-such-key';
const WRONG_SIGNATURE = '0'.repeat(64);

const toldApart: Attack = {
  id: 'unknown-key-told-apart',
  group: 'strangers',
  attack: 'A key that does not exist and a wrong signature of one that does must be answered alike.',
  requests: () => 4,
  run: async (attacker) => {
    const ask = (key: string): Promise<Asked> => askTwice(attacker, key);
    const known = await ask(attacker.plan.credentials.keyId);
    const unknown = await ask(UNKNOWN_KEY);
    return compare(known, unknown);
  },
};

const echo: Attack = {
  id: 'refusal-echo',
  group: 'strangers',
  attack: 'The answer to a wrong signature must hold neither the right one nor the secret.',
  requests: () => 2,
  run: async (attacker) => {
    const { plan } = attacker;
    const answers: Answer[] = [];
    for (const debug of [false, true]) {
      const right = attacker.sign({ debug });
      const wrong = withParameters(plan, right, { sig: WRONG_SIGNATURE });
      const answer = await attacker.send(wrong);
      const found = givenAway(answer, [
        authorizationOf(plan, right).sig,
        ...secretSpellings(plan.credentials.secret),
      ]);
      if (found !== undefined) {
        const shown =
          'status' in answer ? { ...answer, body: answer.body.replaceAll(found, '[given away]') } : answer;
        const reason = 'the answer holds the right signature, or the secret';
        return gotThrough(reason, evidence('a wrong signature', wrong, shown));
      }
      answers.push(answer);
    }
    return answers.some((answer) => 'status' in answer)
      ? refused('neither is in the answers')
      : notTried('there was no answer');
  },
};

export const refusals: readonly Attack[] = [toldApart, echo];

interface Asked {
  readonly request: RawRequest;
  readonly answers: readonly [Answer, Answer];
}

async function askTwice(attacker: Attacker, keyId: string): Promise<Asked> {
  const wrong = (): RawRequest =>
    withParameters(attacker.plan, attacker.sign({ keyId }), { sig: WRONG_SIGNATURE });
  const request = wrong();
  return { request, answers: [await attacker.sendOnce(request), await attacker.sendOnce(wrong())] };
}

function compare(known: Asked, unknown: Asked): Result {
  const [a, b] = known.answers;
  const [c, d] = unknown.answers;
  const told = `${tellAnswer(a)} and ${tellAnswer(c)}`;
  if ('failure' in a || 'failure' in b || 'failure' in c || 'failure' in d) {
    return notTried(`the answers decide nothing: ${told}`);
  }
  if (a.status < 400) return notTried(`a wrong signature is not refused (${told})`);
  if (a.code === 'too-many-failures')
    return notTried(`this address is refused for its failures: probe again later`);
  const facets: readonly (readonly [string, (answer: Answered) => string])[] = [
    ['status', ({ status }) => String(status)],
    ['header fields', fieldNames],
    ['body', plainBody],
  ];
  for (const [what, facet] of facets) {
    // What differs from one answer to the next says nothing.
    if (facet(a) !== facet(b) || facet(c) !== facet(d) || facet(a) === facet(c)) continue;
    const reason = `an unknown key is told apart by the ${what} of its answer (${told})`;
    return gotThrough(reason, evidence('an unknown key', unknown.request, c));
  }
  return refused(`both answered ${tellAnswer(a)}`);
}

function fieldNames({ headers }: Answered): string {
  return [...new Set(headers.map(([name]) => name.toLowerCase()))].sort().join();
}

/** Without what names the occurrence: `instance` (RFC 9457), ids, times; and without the key that was sent. */
function plainBody({ body }: Answered): string {
  return body
    .replace(/"instance"\s*:\s*"[^"]*",?/g, '')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z|\d{10,}/g, '')
    .replaceAll(UNKNOWN_KEY, '');
}

function givenAway(answer: Answer, texts: readonly string[]): string | undefined {
  if ('failure' in answer) return undefined;
  const all = [answer.body, ...answer.headers.map(([, value]) => value)].join('\n');
  return texts.find((text) => all.toLowerCase().includes(text.toLowerCase()));
}
