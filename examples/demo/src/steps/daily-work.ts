/** What honest partners do all day, and the freedom that HTTP leaves to whoever carries their requests. */
import { fieldOf } from '../answer.js';
import { added, type Change, field, target } from '../changes.js';
import type { Job } from '../client/messages.js';
import { tellCodes } from '../codes.js';
import { draft, NUMBERED_ORDER_BODY, ORDER_BODY } from '../signing.js';
import type { Step } from '../step.js';

const JOBS: readonly Omit<Job, 'call'>[] = [
  { method: 'POST', path: '/v1/orders', body: NUMBERED_ORDER_BODY, count: 3 },
  { method: 'GET', path: '/v1/orders/1001' },
  { method: 'GET', path: '/v1/orders?sort=-created&limit=20&tag=b&tag=a' },
  { method: 'GET', path: '/v1/orders?customer=%C3%96zt%C3%BCrk+%26%20S%C3%B6hne' },
  { method: 'PUT', path: '/v1/orders/1001?notify=true', body: ORDER_BODY },
  { method: 'POST', path: '/v1/invoices', body: '{"order":1001}' },
  { method: 'GET', path: '/v1/invoices?order=1001' },
  { method: 'DELETE', path: '/v1/orders/1001' },
  { method: 'PUT', path: '/v1/uploads/drawing.json', body: JSON.stringify('x'.repeat(100_000)) },
  { method: 'PUT', path: '/v1/uploads/streamed/drawing.json', body: JSON.stringify('x'.repeat(100_000)) },
];

export const signedReadsAndWrites: Step = {
  name: 'signed reads and writes of a partner',
  promise: 'each answered 2xx, executed once, metered',
  run: async (world, { must, equal }) => {
    const acme = await world.partner('acme');
    const statuses: string[] = [];
    for (const [i, job] of JOBS.entries()) {
      const results = await acme.run({ ...job, call: `daily-${i}-{n}` });
      for (const { call, status = 0, code } of results) {
        statuses.push(String(status));
        must(status >= 200 && status < 300, `${job.method} ${job.path}: ${status} ${code}`);
        equal(`executions of ${job.method} ${job.path}`, world.ledger.executionsOf(call), 1);
      }
    }
    for (const { answer } of world.orders.edge.recordings('daily-')) {
      if (answer === undefined) continue;
      must(fieldOf(answer, 'ratelimit') !== undefined, 'an answer without a RateLimit field');
      must(fieldOf(answer, 'cache-control') === 'private', 'an answer that a shared cache may keep');
    }
    const executions = world.ledger.executions('daily-').length;
    return `${statuses.length} calls: ${tellCodes(statuses)}; ${executions} executions`;
  },
};

const TARGET = '/v1/orders/~1001?limit=20&sort=-created&tag=b&tag=a&q=%C3%B6';
const REORDERED = '/v1/orders/~1001?tag=b&q=%C3%B6&sort=-created&tag=a&limit=20';

const SPELLINGS: readonly (readonly [what: string, change: Change])[] = [
  ['parameters in another order', target(REORDERED)],
  ['an unreserved character encoded', target((text) => text.replace('~', '%7e'))],
  ['hex in lower case', target((text) => text.replaceAll('%C3%B6', '%c3%b6'))],
  ['the absolute form', (request) => target(`http://${fieldOf(request, 'host')}${TARGET}`)(request)],
  ['Host in upper case', field('host', (host) => host.toUpperCase())],
  ['a User-Agent added', added('User-Agent', 'proxy/1.0')],
  ['a trace id added', added('X-Request-Id', '4bf92f3577b34da6')],
  ['a cookie added', added('Cookie', 'scope=admin; key=constructor')],
  ['forwarding fields added', added('X-Forwarded-For', '203.0.113.9')],
  ['another key in an unsigned field', added('X-Api-Key', 'constructor')],
];

export const otherSpellings: Step = {
  name: 'the same request spelled otherwise on its way',
  promise: 'admitted, for the signed key and scope',
  run: async (world, { equal }) => {
    const seen: string[] = [];
    for (const [i, [what, change]] of SPELLINGS.entries()) {
      const call = `spelling-${i}`;
      await world.send(change(draft(world, { method: 'GET', target: TARGET, call })));
      const executions = world.ledger.executions(call).map(({ key, scope }) => `${key} ${scope}`);
      equal(what, executions.join(), 'acme orders:read');
      seen.push(...executions);
    }
    return `of ${SPELLINGS.length} executed: ${tellCodes(seen)}`;
  },
};
