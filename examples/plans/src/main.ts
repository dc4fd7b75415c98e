/**
 * Shows customer plans: limits of their own, several keys with one budget, tenants, costs, an upgrade while the server runs,
 * and a client that is never refused. Ends with 1 when a promise was broken.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { pacedFetch } from './client.js';
import { customerTable } from './customers.js';
import { planPage } from './plans.js';
import { createApi } from './server.js';
import { caller, tally } from './single-calls.js';
import { tell, title } from './tell.js';

const makeSecret = (): string => `cs1s_${randomBytes(32).toString('base64url')}`;
const [shop, batch, globex] = [makeSecret(), makeSecret(), makeSecret()];
const customers = customerTable({
  acme: { plan: 'free', keys: { acme_shop: shop, acme_batch: batch } },
  globex: { plan: 'team', keys: { globex_1: globex } },
});
const { app, changePlan } = createApi(customers);
const server = createServer(getRequestListener(app.fetch)).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const api = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1`;

const [fromShop, fromBatch, fromGlobex] = [
  caller('acme_shop', shop),
  caller('acme_batch', batch),
  caller('globex_1', globex),
];
const order = (tenant: string): [string, string] => ['POST', `${api}/tenants/${tenant}/orders`];
const report: [string, string] = ['POST', `${api}/reports/export`];

console.log('The plans, as they are counted:\n');
for (const line of planPage()) console.log(`  ${line}`);

title('1  acme is on free: 20 orders in 60 s, for both of its keys together');
const first = await fromShop(...order('eu'));
tell(first.status === 201, 'one order', `${first.status}`);
for (const field of first.rateLimit) console.log(`         RateLimit: ${field}`);
const answers = [first];
for (let n = 0; n < 15; n++) answers.push(await fromShop(...order('eu')), await fromBatch(...order('us')));
const admitted = answers.filter(({ status }) => status === 201).length;
tell(admitted === 20, `${answers.length} orders, by two keys in turns`, tally(answers));
const spent = await fromBatch(...order('us'));
tell(
  spent.code === 'rate-limited',
  '  the next says which budget and when',
  `${spent.spent}, in ${spent.retryAfter} s`,
);
const elsewhere = await fromGlobex(...order('eu'));
tell(elsewhere.status === 201, '  globex, at the same time', `${elsewhere.status}`);
const foreign = await fromShop(...report);
tell(
  foreign.code === 'scope-not-granted',
  'reports are not in the plan',
  `${foreign.status} ${foreign.code}`,
);

title('2  acme changes to team while the server runs');
customers.changePlan('acme', 'team');
const cached = await fromShop(...order('eu'));
tell(
  cached.status === 429,
  'in the database alone: the cache holds for up to 30 s',
  `${cached.status} ${cached.code}`,
);
changePlan('acme', 'team');
const upgraded = [await fromShop(...order('eu')), await fromBatch(...order('us'))];
tell(
  upgraded.every(({ status }) => status === 201),
  'with keys.invalidate for each of its keys',
  tally(upgraded),
);
for (const field of upgraded[1]?.rateLimit ?? []) console.log(`         RateLimit: ${field}`);
changePlan('acme', 'free');
const back = await fromShop(...order('eu'));
tell(back.status === 429, 'back to free: what was spent there is still spent', `${back.status} ${back.code}`);
changePlan('acme', 'team');
const again = await fromShop(...order('eu'));
const left = again.rateLimit.find((field) => field.includes('"orders:write 120'));
tell(
  again.status === 201 && /r=117;/.test(left ?? ''),
  'to team again: and so it is there',
  left ?? 'no budget',
);

title('3  globex is on team: tenants, and what an export costs');
const floods = [];
for (let n = 0; n < 15; n++) floods.push(await fromGlobex(...order('loud')));
tell(
  floods.filter(({ status }) => status === 201).length === 10,
  '15 orders for the tenant "loud"',
  tally(floods),
);
const quiet = await fromGlobex(...order('quiet'));
tell(quiet.status === 201, '  one for the tenant "quiet"', `${quiet.status}`);
const exports = [];
for (let n = 0; n < 6; n++) exports.push(await fromGlobex(...report));
tell(
  exports.filter(({ status }) => status === 202).length === 5,
  '6 exports of 10 units, limit 50/m',
  tally(exports),
);
tell(
  exports[5]?.spent === 'reports 50/60s',
  '  which is spent',
  `${exports[5]?.spent}, in ${exports[5]?.retryAfter} s`,
);

title('4  Twelve reads at 5/s: waiting for a refusal, and not being refused');
const slow = await reads(false);
tell(
  slow.refused > 0 && slow.ok === 12,
  'without pace',
  `${slow.ok} answers, ${slow.refused} refusals on the way`,
);
// The first call of a client knows nothing yet: it begins with a budget that is full.
await sleep(1_000);
const paced = await reads(true);
tell(
  paced.refused === 0 && paced.ok === 12,
  'with pace: true',
  `${paced.ok} answers, ${paced.refused} refusals on the way`,
);
server.close();
server.closeAllConnections();

async function reads(pace: boolean): Promise<{ ok: number; refused: number }> {
  let [ok, refused] = [0, 0];
  const fetch = pacedFetch('globex_1', globex, {
    pace,
    fetch: async (url, init) => {
      const response = await globalThis.fetch(url, init);
      if (response.status === 429) refused += 1;
      return response;
    },
  });
  for (let n = 0; n < 12; n++) {
    const response = await fetch(`${api}/orders`);
    await response.body?.cancel();
    if (response.ok) ok += 1;
  }
  return { ok, refused };
}
