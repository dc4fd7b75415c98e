/** What a signature is for, and the budgets that hang on it: tries to be charged elsewhere, or not at all. */

import { type Answer, fieldOf } from '../answer.js';
import { tellCodes } from '../codes.js';
import type { KeyId } from '../partners.js';
import { draft } from '../signing.js';
import type { Step } from '../step.js';
import type { World } from '../world.js';

export const foreignScopes: Step = {
  name: 'signatures for scopes that are not the route’s',
  promise: '403: neither wider, nor deeper, nor others',
  run: async (world, { equal }) => {
    const call = 'foreign';
    const tries: readonly (readonly [key: KeyId, scope: string, code: string])[] = [
      ['acme', 'orders', 'scope-mismatch'],
      ['acme', 'orders:read', 'scope-mismatch'],
      ['acme', 'orders:write:tenant-1', 'scope-mismatch'],
      ['acme', 'invoices:write', 'scope-mismatch'],
      ['acme', 'ORDERS:WRITE', 'scope-mismatch'],
      // This key may only read: it can neither say so nor leave it out.
      ['reader', 'orders:read', 'scope-mismatch'],
      ['reader', 'orders:write', 'scope-not-granted'],
      ['reader', '', 'scope-not-granted'],
    ];
    const codes: string[] = [];
    for (const [key, scope, expected] of tries) {
      const { code } = await world.send(draft(world, { key, scope, call }));
      equal(`${key} signing for ${JSON.stringify(scope)}`, code, expected);
      codes.push(code);
    }
    const executions = world.ledger.executionsOf(call);
    equal('executions', executions, 0);
    return `${tellCodes(codes)}; executions: ${executions}`;
  },
};

const ATTEMPTS = 30;

export const inventedTenants: Step = {
  name: 'a reseller that invents tenants, or names none',
  promise: 'no way round: 4/2s a tenant, 12/2s together',
  run: async (world, { equal }) => {
    const parentOnly = await order(world, () => 'tenants:write');
    const deeper = await order(world, (n) => `tenants:write:eu:${n}`);
    const invented = await order(world, (n) => `tenants:write:new-${n}`);
    equal('stopping at the parent', parentOnly, 4);
    equal('grandchildren of one tenant', deeper, 4);
    equal('a new tenant each time', invented, 4);
    for (const { policy, limit, units } of world.ledger.fullestWindows('reseller')) {
      if (units > limit) equal(policy, units, limit);
    }
    return `of ${ATTEMPTS} each: ${parentOnly} without a tenant, ${deeper} below one, ${invented} invented`;
  },
};

/** How many of these orders are admitted, all sent at once. */
async function order(world: World, scope: (n: number) => string): Promise<number> {
  const target = '/v1/tenants/orders';
  const requests = Array.from({ length: ATTEMPTS }, (_, n) =>
    draft(world, { key: 'reseller', target, scope: scope(n) }),
  );
  return admittedOf(await Promise.all(requests.map((request) => world.send(request))));
}

export const dilutedBudgets: Step = {
  name: 'one budget, many spellings, ids and queries',
  promise: '10/5s in all: the scope is the key',
  run: async (world, { equal }) => {
    const targets = Array.from({ length: ATTEMPTS }, (_, n) => {
      const id = n % 2 === 0 ? `1001?n=${n}` : `%31%30%30${n}?x[${n}]=1`;
      return `/v1/orders/${id}`;
    });
    const requests = targets.map((target, n) => {
      const headers = [
        ['X-Forwarded-For', `203.0.113.${n}`],
        ['User-Agent', `bot/${n}`],
      ] as const;
      return draft(world, { key: 'explorer', method: 'GET', target, headers });
    });
    const answers = await Promise.all(requests.map((request) => world.send(request)));
    // 404 is the handler's: these ids do not exist.
    const executed = answers.filter(({ status }) => status === 200 || status === 404).length;
    equal('executed', executed, 10);
    equal('admitted in the journal', world.ledger.admissionsOf('explorer').length, 10);
    return `${executed} of ${ATTEMPTS} admitted`;
  },
};

export const dearRequests: Step = {
  name: 'dear exports, and one that no budget covers',
  promise: 'a refusal charges nothing; too dear is for ever',
  run: async (world, { equal }) => {
    const key = 'exporter';
    const post = (target: string): Promise<Answer> => world.send(draft(world, { key, target, body: '{}' }));
    const get = (): Promise<Answer> =>
      world.send(draft(world, { key, method: 'GET', target: '/v1/exports' }));
    const codes: string[] = [];
    for (const send of [post, post, post, get, get, get]) codes.push((await send('/v1/exports')).code);
    // 5 + 5 of 12 are spent; the third export does not fit and leaves 2 for reads.
    const expected = ['admitted', 'admitted', 'rate-limited', 'admitted', 'admitted', 'rate-limited'];
    equal('5, 5, 5, 1, 1, 1 units of 12', codes.join(), expected.join());
    const tooDear = await post('/v1/exports/everything');
    const retryAfter = fieldOf(tooDear, 'retry-after');
    equal('13 units of 12', tooDear.code, 'rate-limited');
    equal('when to try that again', retryAfter, undefined);
    const marks = codes.map((code) => (code === 'admitted' ? 'yes' : 'no'));
    return `5, 5, 5, 1, 1, 1 of 12: ${marks.join(', ')}; 13 of 12: ${tooDear.code}, retry ${retryAfter ?? 'never'}`;
  },
};

function admittedOf(answers: readonly Answer[]): number {
  return answers.filter(({ code }) => code === 'admitted').length;
}
