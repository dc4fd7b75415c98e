/** Other routes of the service, which nobody may enter without a signature. */
import { type Attack, notTried } from '../probe/attack.js';
import { without } from './changes.js';
import { tryAll } from './variants.js';

const alsoUnsigned: Attack = {
  id: 'also-unsigned',
  group: 'routes',
  attack: 'Other routes of the service (--also) without a signature.',
  catalogue: 'unmetered expensive and administrative endpoints',
  requests: ({ also, method }) => also.length * methodsOf(method).length,
  run: async (attacker) => {
    const { plan } = attacker;
    const { also, method: own, signatureField } = plan;
    if (also.length === 0) return notTried('give other routes by --also');
    const tries = also.flatMap((target) =>
      methodsOf(own).map((method) => ({
        what: `${method} ${target} without a signature`,
        make: () => without(signatureField)(attacker.sign({ method, target }), plan),
      })),
    );
    return tryAll(attacker, tries);
  },
};

export const routes: readonly Attack[] = [alsoUnsigned];

function methodsOf(own: string): readonly string[] {
  return own === 'GET' ? [own] : [own, 'GET'];
}
