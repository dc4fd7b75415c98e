/** Whom a request is for: another Host, several, one that contradicts the target, a signature for another service. */
import type { FieldLine } from '@countersign/canonical';
import { type Attack, notTried, type Result } from '../probe/attack.js';
import type { Attacker } from '../probe/attacker.js';
import { added, addedFirst, both, type Change, field, repeated, target, without } from './changes.js';
import { type Variant, type VariantsAttack, variantsAttack } from './variants.js';

const OTHER = 'probe.invalid';
const TWO_HOSTS = 'two Host fields, or a Host that contradicts the absolute target';

const otherService = variantsAttack({
  id: 'audience-other-service',
  group: 'targets',
  attack: 'A request that was signed for another service with the same key.',
  catalogue: 'a captured request played to another service that shares the keyring',
  draft: () => ({ audience: OTHER }),
  variants: [
    ['as it is', (request) => request],
    ['with that Host', field('host', OTHER)],
    ['with that authority in its target', absolute(OTHER)],
    ['with that authority in Host and target', both(field('host', OTHER), absolute(OTHER))],
    ...forwardedHosts().map((line): Variant => [`with that host in ${line[0]}`, added(line)]),
  ],
});

const changed = whereHostCounts({
  id: 'host-changed',
  group: 'targets',
  attack: 'The same signed request with another Host.',
  catalogue: TWO_HOSTS,
  variants: [
    ['another host', field('host', OTHER)],
    ['a host below', field('host', (host) => `probe.${host}`)],
    ['another port', field('host', (host) => `${host.replace(/:\d+$/, '')}:1`)],
    ['with user information', field('host', (host) => `probe@${host}`)],
    ['none', without('host')],
  ],
});

const duplicated = whereHostCounts({
  id: 'host-duplicated',
  group: 'targets',
  attack: 'The same signed request with two Host fields.',
  catalogue: TWO_HOSTS,
  variants: [
    ['another behind', added(['Host', OTHER])],
    ['another before', addedFirst(['Host', OTHER])],
    ['the same twice', repeated('host')],
    ['two in one line', field('host', (host) => `${host}, ${OTHER}`)],
  ],
});

const absoluteTarget = whereHostCounts({
  id: 'target-absolute',
  group: 'targets',
  attack: 'The same signed request with another authority in its target.',
  catalogue: TWO_HOSTS,
  variants: [
    ['another authority', absolute(OTHER)],
    ['another authority, https', target((text) => `https://${OTHER}${text}`)],
    [
      'user information before its own',
      (request, plan) => absolute(`${OTHER}@${plan.url.host}`)(request, plan),
    ],
    ['an empty authority', target((text) => `http://${text}`)],
  ],
});

export const hosts: readonly Attack[] = [otherService, changed, duplicated, absoluteTarget];

/** Where the audience is one fixed name, Host does not count, by design, and that it was changed is no hole. */
function whereHostCounts(about: VariantsAttack): Attack {
  const attack = variantsAttack(about);
  return {
    ...attack,
    requests: (plan) => attack.requests(plan) + 1,
    run: async (attacker): Promise<Result> => {
      const result = await attack.run(attacker);
      if (result.outcome !== 'got-through' || (await hostCounts(attacker))) return result;
      return notTried('Host is not looked at here: the verifier has one fixed audience, which is signed');
    },
  };
}

async function hostCounts(attacker: Attacker): Promise<boolean> {
  const request = attacker.sign({ host: OTHER });
  return attacker.judge(await attacker.send(request), request) !== 'through';
}

function absolute(authority: string): Change {
  return target((text) => `http://${authority}${text}`);
}

function forwardedHosts(): readonly FieldLine[] {
  return [
    ['X-Forwarded-Host', OTHER],
    ['Forwarded', `host=${OTHER}`],
    ['X-Host', OTHER],
    ['X-Original-Host', OTHER],
  ];
}
