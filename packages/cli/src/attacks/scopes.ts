/** Requests of a key's holder that are well signed, for a scope that is not the route's. */

import { type Attack, notTried, refused } from '../probe/attack.js';
import type { Attacker } from '../probe/attacker.js';
import { signDraft } from '../probe/sign.js';
import { tryAll } from './variants.js';

const MAX_SCOPES = 8;

const parent: Attack = {
  id: 'scope-parent',
  group: 'scopes',
  attack: 'Signed for the scope that contains that of the route.',
  catalogue: "a client that invents child scopes, or stops at the parent, to escape a tenant's budget",
  requests: ({ scope }) => segmentsAbove(scope).length,
  run: async (attacker) => {
    const { scope } = attacker.plan;
    if (scope === '') return notTried('give the scope of the route by --scope');
    if (!scope.includes(':')) return notTried(`no scope contains ${scope}`);
    return trySigned(attacker, segmentsAbove(scope));
  },
};

const child: Attack = {
  id: 'scope-child',
  group: 'scopes',
  attack: 'Signed for scopes below that of the route.',
  catalogue: "a client that invents child scopes, or stops at the parent, to escape a tenant's budget",
  requests: () => 2,
  run: async (attacker) => {
    const { scope, children } = attacker.plan;
    if (scope === '') return notTried('give the scope of the route by --scope');
    const result = await trySigned(attacker, [`${scope}:probe`, `${scope}:probe:probe`]);
    if (result.outcome === 'got-through') {
      if (children)
        return refused('taken, as --children says; whether it escapes a budget, limit-child-scopes tells');
      return {
        ...result,
        reason: `${result.reason}; if the route is to take scopes below its own, say --children`,
      };
    }
    return result;
  },
};

const other: Attack = {
  id: 'scope-other',
  group: 'scopes',
  attack: 'Signed for scopes that are neither above nor below that of the route.',
  requests: () => MAX_SCOPES,
  run: async (attacker) => trySigned(attacker, othersOf(attacker)),
};

export const scopes: readonly Attack[] = [parent, child, other];

function othersOf({ plan: { scope, otherScope } }: Attacker): string[] {
  const derived =
    scope === ''
      ? []
      : [`${scope}x`, scope.toUpperCase(), scope.toLowerCase(), `probe:${scope}`, scope.slice(0, -1)];
  const all = ['probe-other', 'admin', ...derived, ...(otherScope === undefined ? [] : [otherScope])];
  return [...new Set(all)].filter((each) => each !== scope && !/(^|:)$/.test(each));
}

function segmentsAbove(scope: string): string[] {
  const segments = scope.split(':');
  return segments.slice(1).map((_, i) => segments.slice(0, i + 1).join(':'));
}

function trySigned(attacker: Attacker, scopes: readonly string[]): ReturnType<typeof tryAll> {
  return tryAll(
    attacker,
    scopes.map((scope) => ({ what: `signed for ${scope}`, make: () => signDraft(attacker.plan, { scope }) })),
  );
}
