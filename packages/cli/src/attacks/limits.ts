/** A budget that is known (--limit), and ways to get more out of it at one time. Windows are `limit-windows.ts`'s. */
import type { FieldLine } from '@countersign/canonical';
import type { Attack } from '../probe/attack.js';
import type { Attacker } from '../probe/attacker.js';
import type { RawRequest } from '../probe/raw-request.js';
import { added, type Change, target } from './changes.js';
import { deniedAttacks, windowAttacks } from './limit-windows.js';
import {
  budgetAttack,
  type Diluted,
  dilution,
  ENDLESS,
  type Entry,
  exhaust,
  sendAtOnce,
  sendInTurn,
} from './spending.js';

const MORE = 10;
const DILUTED = 'budgets diluted over many keys, many resource ids, many query variations';

const sequential = budgetAttack({
  id: 'limit-sequential',
  attack: 'More signed requests than the budget holds, one after the other, each on a connection of its own.',
  catalogue: 'counters per worker process, each with its own count',
  requests: ({ limit }) => limit + MORE,
  run: (attacker, { limit }) =>
    sendInTurn(attacker, 'one after the other', signedTimes(attacker, limit + MORE)),
});

const concurrent = budgetAttack({
  id: 'limit-concurrent',
  attack: 'More signed requests than the budget holds, all in the same moment.',
  catalogue: 'read-then-write counters under concurrency',
  quiet: true,
  requests: ({ limit }) => limit + MORE,
  run: (attacker, { limit }) =>
    sendAtOnce(attacker, 'in the same moment', [...signedTimes(attacker, limit + MORE)]),
});

const FORWARDING: readonly ((n: number) => readonly FieldLine[])[] = [
  (n) => [['X-Forwarded-For', `203.0.113.${n}`]],
  (n) => [['X-Forwarded-For', `203.0.113.${n}, 198.51.100.${n}`]],
  (n) => [['X-Real-IP', `203.0.113.${n}`]],
  (n) => [['Forwarded', `for=203.0.113.${n}`]],
  (n) => [['CF-Connecting-IP', `203.0.113.${n}`]],
  (n) => [['True-Client-IP', `203.0.113.${n}`]],
  (n) => [['X-Client-IP', `203.0.113.${n}`]],
  (n) => [['X-Forwarded-Host', `probe-${n}.invalid`]],
  (n) => [['X-Api-Key', `probe-${n}`]],
  (n) => [['X-Tenant-Id', `probe-${n}`]],
  (n) => [['User-Agent', `probe/${n}`]],
  (n) => [['Cookie', `session=probe-${n}`]],
];

const forwarded = dilution({
  id: 'limit-forwarded',
  attack: 'When the budget is spent, requests that claim other addresses, hosts, tenants and clients.',
  catalogue: 'keys from a spoofable address or an unverified header',
  requests: () => 2 * FORWARDING.length,
  make: (attacker) =>
    FORWARDING.flatMap((fields) =>
      [1, 2].map((n): Diluted => [nameOf(fields(n)), changed(attacker, added(...fields(n)))]),
    ),
});

const queries = dilution({
  id: 'limit-queries',
  attack: 'When the budget is spent, requests with other queries and other spellings of the path.',
  catalogue: DILUTED,
  requests: () => MORE + 2,
  make: (attacker) => {
    const { target: own } = attacker.plan;
    const separator = own.includes('?') ? '&' : '?';
    const varied = Array.from({ length: MORE }, (_, n): Diluted => {
      return ['other queries', attacker.sign({ target: `${own}${separator}probe=${n}` })];
    });
    const spelled = target((text) => text.replace(/^(\/(?:[^?]*\/)?)([a-z])/i, encoded));
    return [
      ...varied,
      ['a letter of the path encoded', changed(attacker, spelled)],
      [
        'an empty query',
        changed(
          attacker,
          target((text) => (text.includes('?') ? text : `${text}?`)),
        ),
      ],
    ];
  },
});

const ids = dilution({
  id: 'limit-ids',
  attack: 'When the budget is spent, requests for other ids in the path, and for other routes (--also).',
  catalogue: DILUTED,
  requests: ({ also }) => also.length + MORE,
  make: ({ plan, sign }) => {
    // Without the scope of this route, another route may well be of another budget.
    const routes = plan.scope === '' ? [] : plan.also;
    const numbered = Array.from({ length: MORE }, (_, n) => otherId(plan.target, n));
    return [...routes, ...numbered].map((each): Diluted => [each, sign({ target: each })]);
  },
});

const childScopes = dilution({
  id: 'limit-child-scopes',
  attack: 'When the budget is spent, requests signed for invented scopes below it, and for the one above.',
  catalogue: "a client that invents child scopes, or stops at the parent, to escape a tenant's budget",
  requests: () => MORE + 2,
  needs: ({ scope }) => (scope === '' ? 'give the scope of the route by --scope' : undefined),
  make: ({ plan: { scope }, sign }) => {
    const parent = scope.replace(/:[^:]*$/, '');
    const invented = Array.from({ length: MORE }, (_, n) => `${scope}:probe-${n}`);
    return [parent, '', ...invented].map(
      (each): Diluted => [`signed for ${each || 'no scope'}`, sign({ scope: each })],
    );
  },
});

const instances = budgetAttack({
  id: 'limit-instances',
  attack: 'When the budget is spent, requests to other processes of the service (--other-instance).',
  catalogue: 'counters per worker process, each with its own count',
  requests: ({ limit }, plan) => limit + 1 + plan.instances.length * MORE,
  needs: (plan) => (plan.instances.length === 0 ? 'give another process by --other-instance' : undefined),
  run: async (attacker, budget) => {
    if (!(await exhaust(attacker, budget))) return ENDLESS;
    const entries: Entry[] = [];
    for (const endpoint of attacker.plan.instances) {
      const what = `at ${endpoint.url.host}`;
      entries.push(...(await sendInTurn(attacker, what, signedTimes(attacker, MORE), { endpoint })));
    }
    return entries;
  },
});

export const limits: readonly Attack[] = [
  ...deniedAttacks,
  concurrent,
  sequential,
  forwarded,
  queries,
  ids,
  childScopes,
  instances,
  ...windowAttacks,
];

/** Each is signed when it is asked for: a budget may take longer than a signature lives. */
export function* signedTimes(attacker: Attacker, times: number): Iterable<RawRequest> {
  for (let i = 0; i < times; i++) yield attacker.sign();
}

/** A signed request, changed where the signature does not see it. */
function changed(attacker: Attacker, change: Change): RawRequest {
  const request = attacker.sign();
  return change(request, attacker.plan) ?? request;
}

function otherId(own: string, n: number): string {
  return own.replace(/[^/?]*(?=$|\?)/, (id) =>
    /^\d+$/.test(id) ? String(Number(id) + n + 1) : `${id}-${n}`,
  );
}

function encoded(_: string, before: string, letter: string): string {
  return `${before}%${letter.charCodeAt(0).toString(16)}`;
}

function nameOf(lines: readonly FieldLine[]): string {
  return lines.map(([name, value]) => `${name}: ${value}`).join(', ');
}
