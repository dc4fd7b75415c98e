/**
 * The request that nobody tampered with. It must be accepted, or every refusal after it says nothing: no key, no attack.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FieldLine } from '@countersign/canonical';
import { UsageError } from '../terminal/usage-error.js';
import { type Baseline, waitOf } from './attacker.js';
import { shownText } from './evidence.js';
import type { Answer, Answered } from './exchange.js';
import { tellAnswer } from './judge.js';
import type { Plan } from './plan.js';
import { fieldOf, type RawRequest } from './raw-request.js';
import { type Draft, signDraft } from './sign.js';

/** How often a server that recovers is asked again, and how long it is waited for each time. */
const RECOVERIES = 2;
const MAX_RECOVERY_MS = 20_000;
/** How many requests it takes at most. */
export const BASELINE_REQUESTS: number = 5 + RECOVERIES;

/** Parameters of our own: some repeated, some that parsers take for one another. */
export const EXTRA_QUERY =
  'probe-tag=b&probe-tag=a&probe+x=1&probe%20x=2&probe-list[0]=1&probe-list=2&probe-note=a+b&probe-last=%61%26b';
/** A signed field of our own. */
export const EXTRA_FIELD = 'x-countersign-probe';

export function extraFields(): readonly FieldLine[] {
  return [
    // With a comma, so that two lines of it joined may look like the one that was signed.
    [EXTRA_FIELD, 'one, two'],
    ['idempotency-key', crypto.randomUUID()],
  ];
}

/** The target with our own parameters. */
export function extendedTarget(plan: Plan): string {
  return `${plan.target}${plan.target.includes('?') ? '&' : '?'}${EXTRA_QUERY}`;
}

/** @throws UsageError that says what to do when the endpoint does not accept the key */
export async function takeBaseline(
  plan: Plan,
  send: (request: RawRequest) => Promise<Answer>,
): Promise<Baseline> {
  const sendDraft = (draft: Draft): Promise<Answer> => send(signDraft(plan, draft));
  const answer = await whenRecovered(() => sendDraft({})).catch((cause: Error) => {
    const hint = cause.message.includes('certificate')
      ? 'name its issuer by NODE_EXTRA_CA_CERTS'
      : 'is it up?';
    throw new UsageError(`no connection to ${plan.url.origin} (${cause.message}): ${hint}`, { cause });
  });
  if (!isAccepted(answer)) throw await explained(plan, answer, sendDraft);
  const accepts = async (draft: Draft): Promise<boolean> => isAccepted(await sendDraft(draft));
  const both = await accepts({ target: extendedTarget(plan), added: extraFields() });
  return {
    status: answer.status,
    answer,
    takesQuery: both || (await accepts({ target: extendedTarget(plan) })),
    takesFields: both || (await accepts({ added: extraFields() })),
  };
}

/** A server that has just started refuses what was signed before, says for how long, and wants to be asked anew. */
async function whenRecovered(ask: () => Promise<Answer>): Promise<Answer> {
  for (let count = 0; count < RECOVERIES; count++) {
    const answer = await ask();
    const waitMs = waitOf(answer);
    if ('failure' in answer || answer.code !== 'store-recovering' || waitMs === undefined) return answer;
    await sleep(Math.min(waitMs, MAX_RECOVERY_MS));
  }
  return ask();
}

function isAccepted(answer: Answer): answer is Answered {
  return 'status' in answer && answer.status >= 200 && answer.status < 400;
}

async function explained(
  plan: Plan,
  answer: Answer,
  sendDraft: (draft: Draft) => Promise<Answer>,
): Promise<UsageError> {
  const { url, scope } = plan;
  const lead = `the endpoint does not accept a request signed with this key (${tellAnswer(answer)})`;
  if ('failure' in answer) return new UsageError(`${lead}: is ${url.origin} the service itself, and up?`);
  const problem = members(answer);
  const told = [problem['detail'], debugText(members(await sendDraft({ debug: true })))];
  const said = told.filter((text) => typeof text === 'string').map((text) => shownText(plan, text));
  return new UsageError(`${lead}: ${[...said, advice(answer, scope)].join(' ')}`);
}

function members(answer: Answer): Record<string, unknown> {
  if ('failure' in answer) return {};
  try {
    return { ...JSON.parse(answer.body) };
  } catch {
    return {};
  }
}

/** What a server in debug mode says about the difference. */
function debugText({ debug }: Record<string, unknown>): string | undefined {
  const { cause } = Object(debug);
  return typeof cause === 'string' ? `The server says: ${cause}.` : undefined;
}

function advice({ status, code, headers }: Answered, scope: string): string {
  switch (code) {
    case 'invalid-signature':
      return 'Check key id and secret; if the verifier has one fixed name, give it by --audience; "debug" on its verifier names the line that differs.';
    case 'wrong-audience':
      return 'Give the name that the verifier knows itself by: --audience <host>, or probe it by that name.';
    case 'scope-mismatch':
      return `Signed for ${scope === '' ? 'no scope' : JSON.stringify(scope)}: give the scope of the route by --scope, or none.`;
    case 'scope-not-granted':
      return 'Grant the key the scope of the route, or probe a route that it is granted.';
    case 'missing-signature':
      return 'If the signature travels in another field, give --header <field>.';
    case 'rate-limited':
      return `Its budget is spent: probe again after ${fieldOf(headers, 'retry-after') ?? 'some'} s.`;
    case 'stale-timestamp':
    case 'future-timestamp':
      return 'Set the clock of this machine right.';
    default:
      return status === 404 || status === 405
        ? 'Probe a method and URL that the application answers with 2xx.'
        : 'Probe a request that the application answers with 2xx; give its body by -d and its fields by -H.';
  }
}
