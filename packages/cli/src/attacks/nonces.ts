/** Requests of strangers that spend what belongs to a key's holder: a nonce, or the right to be heard. */

import { type Attack, gotThrough, notTried, type Result, refused } from '../probe/attack.js';
import type { Attacker } from '../probe/attacker.js';
import { evidence } from '../probe/evidence.js';
import { tellAnswer } from '../probe/judge.js';
import type { RawRequest } from '../probe/raw-request.js';
import { withParameters } from '../probe/sign.js';
import { body } from './changes.js';

const JUNK_REQUESTS = 30;
const WRONG_SIGNATURE = '0'.repeat(64);

const bySignature: Attack = {
  id: 'nonce-burnt-by-signature',
  group: 'nonces',
  attack: 'A copy with a wrong signature comes before the original, which must still be accepted.',
  catalogue: 'a nonce burnt before the MAC is checked',
  requests: () => 2,
  run: (attacker) =>
    spend(attacker, 'a wrong signature', async (original) => {
      await attacker.send(withParameters(attacker.plan, original, { sig: WRONG_SIGNATURE }));
      return undefined;
    }),
};

const byBody: Attack = {
  id: 'nonce-burnt-by-body',
  group: 'nonces',
  attack: 'A copy with another body comes before the original, which must still be accepted.',
  catalogue: "a wrong body that spends a victim's nonce",
  requests: () => 2,
  run: (attacker) =>
    spend(attacker, 'another body', async (original) => {
      const changed = body((bytes) => Buffer.concat([bytes, Buffer.from(' ')]))(original, attacker.plan);
      const answer = changed && (await attacker.send(changed));
      return answer && attacker.judge(answer, original) === 'through'
        ? 'the copy was accepted: see body-replaced'
        : undefined;
    }),
};

const byCutUpload: Attack = {
  id: 'nonce-burnt-by-cut-upload',
  group: 'nonces',
  attack: 'An upload is cut off half-way; the same signed request, sent whole, must still be accepted.',
  catalogue: 'an upload cut after its headers that spends the nonce',
  requests: () => 2,
  run: async (attacker) => {
    if (attacker.plan.body.length < 2) return notTried('give a body by -d');
    return spend(attacker, 'an upload cut off', async (original) => {
      await attacker.sendHalf(original);
      return undefined;
    });
  },
};

const lockout: Attack = {
  id: 'lockout',
  group: 'nonces',
  attack: `${JUNK_REQUESTS} requests with wrong signatures in the key's name; its holder must still be accepted.`,
  catalogue: 'junk from an address that customers share',
  requests: () => JUNK_REQUESTS + 1,
  run: (attacker) =>
    spend(attacker, `${JUNK_REQUESTS} wrong signatures`, async () => {
      for (let i = 0; i < JUNK_REQUESTS; i++) {
        await attacker.sendOnce(withParameters(attacker.plan, attacker.sign(), { sig: WRONG_SIGNATURE }));
      }
      return undefined;
    }),
};

export const nonces: readonly Attack[] = [bySignature, byBody, byCutUpload, lockout];

/** @param attack may give a reason why nothing can be learnt */
async function spend(
  attacker: Attacker,
  by: string,
  attack: (original: RawRequest) => Promise<string | undefined>,
): Promise<Result> {
  const original = attacker.sign();
  const useless = await attack(original);
  if (typeof useless === 'string') return notTried(useless);
  const answer = await attacker.send(original);
  const told = tellAnswer(answer);
  switch (attacker.judge(answer, original)) {
    case 'through':
      return refused(`the original was still accepted (${told})`);
    case 'refused':
      return gotThrough(
        `after ${by} the original is refused (${told})`,
        evidence(`after ${by}`, original, answer),
      );
    case 'undecided':
      return notTried(`the answer to the original decides nothing (${told})`);
  }
}
