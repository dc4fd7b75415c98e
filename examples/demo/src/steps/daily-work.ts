/** What honest partners do all day, and the freedom that HTTP leaves to whoever carries their requests. */
import type { Job } from '../client/messages.js';
import { addField, draft, NUMBERED_ORDER_BODY, ORDER_BODY, withField } from '../signing.js';
import type { Step } from '../step.js';
import { fieldOf, type RawRequest } from '../wire.js';

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
    const acme = await world.startPartner('acme');
    let answered = 0;
    for (const [i, job] of JOBS.entries()) {
      const results = await acme.run({ ...job, call: `daily-${i}-{n}` });
      for (const { call, status = 0, code } of results) {
        answered += 1;
        must(status >= 200 && status < 300, `${job.method} ${job.path}: ${status} ${code}`);
        equal(`executions of ${job.method} ${job.path}`, world.ledger.executionsOf(call), 1);
      }
    }
    for (const { answer } of world.orders.edge.recordings('daily-')) {
      if (answer === undefined) continue;
      must(fieldOf(answer, 'ratelimit') !== undefined, 'an answer without a RateLimit field');
      must(fieldOf(answer, 'cache-control') === 'private', 'an answer that a shared cache may keep');
    }
    return `${answered} calls, ${answered} executions`;
  },
};

const TARGET = '/v1/orders/~1001?limit=20&sort=-created&tag=b&tag=a&q=%C3%B6';
const SAME: readonly (readonly [string, (request: RawRequest) => RawRequest])[] = [
  ['parameters in another order', to('/v1/orders/~1001?tag=b&q=%C3%B6&sort=-created&tag=a&limit=20')],
  ['an unreserved character encoded', to(TARGET.replace('~', '%7e'))],
  ['hex in lower case', to(TARGET.replaceAll('%C3%B6', '%c3%b6'))],
  ['the absolute form', (request) => to(`http://${fieldOf(request, 'host')}${TARGET}`)(request)],
  ['Host in upper case', (request) => withField(request, 'host', (host) => host.toUpperCase())],
  ['a User-Agent added', (request) => addField(request, 'User-Agent', 'proxy/1.0')],
  ['a trace id added', (request) => addField(request, 'X-Request-Id', '4bf92f3577b34da6')],
  ['a cookie added', (request) => addField(request, 'Cookie', 'scope=admin; key=other')],
  ['forwarding fields added', (request) => addField(request, 'X-Forwarded-For', '203.0.113.9')],
  ['scope and key in unsigned fields', (request) => addField(request, 'X-Api-Key', 'constructor')],
];

export const otherSpellings: Step = {
  name: 'the same request spelled otherwise on its way',
  promise: 'admitted: nothing uncovered counts',
  run: async (world, { equal }) => {
    for (const [i, [what, change]] of SAME.entries()) {
      const call = `spelling-${i}`;
      const request = change(draft(world, { method: 'GET', target: TARGET, call }));
      const answer = await world.send(request);
      // The order does not exist; what counts is that the handler was asked.
      equal(what, answer.status, 404);
      const [execution] = world.ledger.executions(call);
      equal(`${what}: scope`, execution?.scope, 'orders:read');
      equal(`${what}: key`, execution?.key, 'acme');
    }
    return `${SAME.length} of ${SAME.length} admitted, same key, same scope`;
  },
};

function to(target: string): (request: RawRequest) => RawRequest {
  return (request) => ({ ...request, target });
}
