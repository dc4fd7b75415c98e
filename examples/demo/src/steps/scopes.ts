/** What a signature is for, and the budgets that hang on it: tries to be charged elsewhere, or not at all. */
import { draft } from '../signing.js';
import type { Step } from '../step.js';
import type { Answer } from '../wire.js';
import type { World } from '../world.js';

export const foreignScopes: Step = {
  name: 'signatures for scopes that are not the route’s',
  promise: '403: neither wider, nor deeper, nor others',
  run: async (world, { equal }) => {
    const call = 'foreign';
    const mismatched = ['orders', 'orders:read', 'orders:write:tenant-1', 'invoices:write', 'ORDERS:WRITE'];
    for (const scope of mismatched) {
      equal(scope, (await world.send(draft(world, { scope, call }))).code, 'scope-mismatch');
    }
    const reader = await world.send(draft(world, { key: 'reader', call }));
    equal('a key that may only read', reader.code, 'scope-not-granted');
    const shadow = await world.send(draft(world, { key: 'reader', scope: 'orders:read', call }));
    equal('the same, signing what it is granted', shadow.code, 'scope-mismatch');
    equal('executions', world.ledger.executionsOf(call), 0);
    return `scope-mismatch ${mismatched.length + 1}, scope-not-granted 1`;
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
    return `${parentOnly} without a tenant, ${deeper} below one, ${invented} of ${ATTEMPTS} invented ones`;
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
  run: async (world, { equal, must }) => {
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
    equal('13 units of 12', tooDear.code, 'rate-limited');
    must(
      tooDear.headers.every(([name]) => name.toLowerCase() !== 'retry-after'),
      'it was told to try again',
    );
    return '5 + 5, then 5 refused, then 1 + 1; 13 of 12 never';
  },
};

function admittedOf(answers: readonly Answer[]): number {
  return answers.filter(({ code }) => code === 'admitted').length;
}
