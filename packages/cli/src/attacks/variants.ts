/**
 * The usual attack: one request, signed as it should be, changed on its way in several manners. Each variant is made of
 * a signature of its own that was never sent, so that none is refused for what another has spent.
 */

import { type Attack, type Group, gotThrough, notTried, type Result, refused } from '../probe/attack.js';
import type { Attacker } from '../probe/attacker.js';
import { evidence } from '../probe/evidence.js';
import type { Answer } from '../probe/exchange.js';
import { isNoRoute, tellAnswers } from '../probe/judge.js';
import type { Plan } from '../probe/plan.js';
import type { RawRequest } from '../probe/raw-request.js';
import type { Draft } from '../probe/sign.js';

/** What is done, in words, and what is sent in place of a request that is well signed; undefined: nothing here. */
export type Variant = readonly [
  what: string,
  make: (request: RawRequest, plan: Plan) => RawRequest | undefined,
];

export interface VariantsAttack {
  readonly id: string;
  readonly group: Group;
  readonly attack: string;
  readonly catalogue?: string;
  /** What is signed. A text says why nothing can be tried here. */
  readonly draft?: (attacker: Attacker) => Draft | string;
  readonly variants: readonly Variant[] | ((plan: Plan) => readonly Variant[]);
}

export function variantsAttack({ draft = () => ({}), variants, ...about }: VariantsAttack): Attack {
  const all = (plan: Plan): readonly Variant[] =>
    typeof variants === 'function' ? variants(plan) : variants;
  return {
    ...about,
    requests: (plan) => all(plan).length,
    run: async (attacker) => {
      const signed = draft(attacker);
      if (typeof signed === 'string') return notTried(signed);
      const made = all(attacker.plan).map(([what, make]) => ({
        what,
        make: () => make(attacker.sign(signed), attacker.plan),
      }));
      return tryAll(attacker, made);
    },
  };
}

/** Sends one after the other until one gets through. */
export async function tryAll(
  attacker: Attacker,
  variants: readonly { readonly what: string; readonly make: () => RawRequest | undefined }[],
): Promise<Result> {
  const withstood: Answer[] = [];
  const undecided: Answer[] = [];
  for (const { what, make } of variants) {
    const request = make();
    if (request === undefined) continue;
    const answer = await attacker.send(request);
    const judgement = attacker.judge(answer, request);
    if (judgement === 'through') return gotThrough(`${what}: accepted`, evidence(what, request, answer));
    (judgement === 'refused' ? withstood : undecided).push(answer);
  }
  const open = undecided.length === 0 ? '' : `; decided nothing: ${tellAnswers(undecided)}`;
  if (withstood.length > 0) return refused(`${tellAnswers(withstood)}${open}`);
  if (undecided.length > 0) return notTried(`${whyOpen(undecided)}: ${tellAnswers(undecided)}`);
  return notTried('this request has nothing that could be changed so');
}

function whyOpen(answers: readonly Answer[]): string {
  const absent = answers.every((answer) => 'status' in answer && isNoRoute(answer.status));
  return absent ? 'the service has no such route' : 'the answers decide nothing';
}
