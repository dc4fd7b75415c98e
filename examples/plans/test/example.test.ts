/** Runs the example as its README does, and holds the plans to what their page says, over real sockets. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createSigner } from '@countersign/client';
import { getRequestListener } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pacedFetch } from '../src/client.js';
import { customerTable } from '../src/customers.js';
import { PLANS, planPage } from '../src/plans.js';
import { type Api, AUDIENCE, createApi } from '../src/server.js';
import { type Answer, type Caller, caller } from '../src/single-calls.js';

const [ONE, TWO, THREE] = ['A', 'E', 'I'].map((letter) => `cs1s_${letter.repeat(43)}`) as [
  string,
  string,
  string,
];

let made: Api;
let server: Server;
let api = '';
const one = caller('acme_1', ONE);
const two = caller('acme_2', TWO);
const big = caller('big_1', THREE);

beforeEach(async () => {
  const customers = customerTable({
    acme: { plan: 'free', keys: { acme_1: ONE, acme_2: TWO } },
    big: { plan: 'enterprise', keys: { big_1: THREE } },
  });
  made = createApi(customers);
  server = createServer(getRequestListener(made.app.fetch)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const order = (by: Caller, tenant: string): Promise<Answer> => by('POST', `${api}/tenants/${tenant}/orders`);

/** How many orders of `count` are admitted. */
async function orders(count: number, tenant: string, ...by: [Caller, ...Caller[]]): Promise<number> {
  const calls = Array.from({ length: count }, (_, n) => order(by[n % by.length] ?? by[0], tenant));
  return (await Promise.all(calls)).filter(({ status }) => status === 201).length;
}

describe('a plan', () => {
  it('is what the page says', () => {
    const page = planPage();
    expect(page[0]).toMatch(/^ +free +team +enterprise$/);
    expect(page).toContainEqual(
      expect.stringMatching(/^requests in all +30 in 60 s +300 in 60 s +6000 in 60 s$/),
    );
    expect(page).toContainEqual(expect.stringMatching(/^reports .*10\) +- +50 in 60 s +1000 in 60 s$/));
    // No limit that is counted is left out of it.
    const scopes = new Set(Object.values(PLANS).flatMap(({ limits }) => Object.keys(limits)));
    expect(page).toHaveLength(1 + scopes.size);
  });

  it("has limits that take the place of the verifier's", async () => {
    expect(await orders(25, 'eu', one)).toBe(20);
    expect(await orders(25, 'eu', big)).toBe(25);
  });

  it('is shared by all keys of a customer, and by nobody else', async () => {
    expect(await orders(30, 'eu', one, two)).toBe(20);
    const refused = await order(two, 'us');
    expect(refused).toMatchObject({ code: 'rate-limited', spent: 'orders:write 20/60s' });
    expect(refused.rateLimit).toContainEqual(expect.stringMatching(/^"orders:write 20\/60s";r=0;t=\d+$/));
    expect(refused.rateLimit).toContainEqual(expect.stringMatching(/^"\* 30\/60s";r=10;t=\d+$/));
    expect(await order(big, 'eu')).toMatchObject({ status: 201 });
  });
});

describe('a change of plan', () => {
  it('holds for the next request of each key, and forgets nothing that was spent', async () => {
    expect(await orders(21, 'eu', one, two)).toBe(20);
    made.changePlan('acme', 'team');
    expect(await orders(15, 'eu', one, two)).toBe(10);
    expect(await order(two, 'us')).toMatchObject({ status: 201 });
    made.changePlan('acme', 'free');
    expect(await order(one, 'us')).toMatchObject({ spent: expect.stringContaining('orders:write 20/60s') });
    made.changePlan('acme', 'team');
    expect(await order(one, 'eu')).toMatchObject({ spent: 'orders:write:eu 10/60s' });
    expect((await order(one, 'us')).rateLimit).toContainEqual(
      expect.stringContaining('"orders:write 120/60s";r=108;'),
    );
  });

  it('grants and takes scopes', async () => {
    const report = () => one('POST', `${api}/reports/export`);
    expect(await report()).toMatchObject({ status: 403, code: 'scope-not-granted' });
    made.changePlan('acme', 'team');
    expect(await report()).toMatchObject({ status: 202 });
    made.changePlan('acme', 'free');
    expect(await report()).toMatchObject({ status: 403 });
  });
});

describe('tenants', () => {
  it('whose name would be two segments of a scope are refused', async () => {
    expect((await order(one, 'loud:quiet')).status).toBe(403);
  });

  it('have a budget each, however their name is spelled in the path', async () => {
    made.changePlan('acme', 'team');
    expect(await orders(12, 'loud', one)).toBe(10);
    expect(await order(one, '%6Coud')).toMatchObject({ spent: 'orders:write:loud 10/60s' });
    expect(await order(one, 'quiet')).toMatchObject({ status: 201 });
  });

  it('cannot be charged for another', async () => {
    const signer = createSigner({
      keyId: 'acme_1',
      secret: ONE,
      audience: AUDIENCE,
      scope: 'orders:write:quiet',
    });
    const url = `${api}/tenants/loud/orders`;
    const response = await fetch(url, { method: 'POST', headers: signer.sign({ method: 'POST', url }) });
    expect([response.status, await response.json()]).toMatchObject([403, { code: 'scope-mismatch' }]);
  });
});

it('an export takes ten units', async () => {
  made.changePlan('acme', 'team');
  const exports = [];
  for (let n = 0; n < 6; n++) exports.push(await one('POST', `${api}/reports/export`));
  expect(exports.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202, 429]);
  expect(exports[0]?.rateLimit).toContainEqual(expect.stringMatching(/^"reports 50\/60s";r=40;/));
  expect(exports[5]).toMatchObject({ spent: 'reports 50/60s' });
});

it('a client with pace is not refused', async () => {
  const statuses: number[] = [];
  const paced = pacedFetch('acme_1', ONE, {
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      statuses.push(response.status);
      return response;
    },
  });
  for (let n = 0; n < 5; n++) expect((await paced(`${api}/orders`)).status).toBe(200);
  expect(statuses).toEqual([200, 200, 200, 200, 200]);
});

it('the command shows every promise kept', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../dist/main.js')]);
  const ended = once(child, 'close');
  const printed = (await child.stdout.toArray()).join('');
  const [status] = await ended;
  expect(printed).not.toContain('BROKEN');
  expect(status).toBe(0);
  for (const line of planPage()) expect(printed).toContain(`  ${line}\n`);
  expect(printed.match(/^kept /gm)).toHaveLength(15);
  expect(printed).toMatch(/^kept {3}31 orders, by two keys in turns +20 admitted, 11 rate-limited$/m);
  expect(printed).toMatch(/^kept {3}6 exports of 10 units, limit 50\/m +5 admitted, 1 rate-limited$/m);
  expect(printed).toMatch(/^kept {3}with pace: true +12 answers, 0 refusals on the way$/m);
});
