/** Answers that are not the server's, or not about this request: what a client may believe. */

import type { Answer } from '../answer.js';
import type { CallResult } from '../client/messages.js';
import type { Deed } from '../edge.js';
import { nonceOf, ORDER_BODY, signedAtMs } from '../signing.js';
import type { Step } from '../step.js';
import type { World } from '../world.js';

const ORDER = { method: 'POST', path: '/v1/orders', body: ORDER_BODY } as const;
const CHANGE = { method: 'PUT', path: '/v1/orders/1001', body: ORDER_BODY } as const;
const A_DAY_MS = 86_400_000;

export const forgedRefusals: Step = {
  name: 'refusals forged or replayed to set a client’s clock',
  promise: 'not believed: no second signature, clock as it was',
  run: async (world, { equal, must }) => {
    const { edge } = world.orders;
    const slow = await world.partner('acme', { clockOffsetMs: -A_DAY_MS / 2 });
    await slow.call({ ...ORDER, call: 'genuine' });
    const genuine = edge.recordings('genuine')[0]?.answer;
    if (genuine === undefined) throw new Error('there is no genuine refusal');
    const acme = await world.partner('acme');
    const results: CallResult[] = [];
    for (const [i, answer] of [forge(genuine, true), forge(genuine, false), genuine].entries()) {
      const call = `lied-to-${i}`;
      edge.script(call, [{ do: 'forge', answer }]);
      results.push(await acme.call({ ...ORDER, call }));
      equal(`${call}: sendings`, edge.recordings(call).length, 1);
      equal(`${call}: executions`, world.ledger.executionsOf(call), 0);
    }
    equal('what the caller sees', results.map(({ status }) => status).join(), '401,401,401');
    const next = await acme.call({ ...ORDER, call: 'after-lies' });
    equal('the next call', next.status, 201);
    const [recording] = edge.recordings('after-lies');
    const offMs = recording === undefined ? Number.NaN : recording.atMs - signedAtMs(recording.request);
    must(Math.abs(offMs) < 1_000, `the client’s clock is ${offMs} ms off`);
    return `${results.length} lies; clock ${offMs} ms off at the next call, which got ${next.status}`;
  },
};

export const proxy503: Step = {
  name: 'a proxy that says 503 after the execution',
  promise: 'executed once, and not signed again',
  run: async (world, { equal }) => {
    const put = await callThrough(world, 'proxy-put', CHANGE, [{ do: 'answer-503' }]);
    const post = await callThrough(world, 'proxy-post', ORDER, [{ do: 'answer-503' }]);
    equal('PUT, which is sent again', put, 'already-admitted');
    equal('POST, which is not', post, '503');
    for (const call of ['proxy-put', 'proxy-post']) checkOnce(world, call, equal);
    return `PUT: ${put}; POST: ${post}; executions: ${world.ledger.executions('proxy-').length}`;
  },
};

export const lostAnswers: Step = {
  name: 'connections cut after the execution',
  promise: 'executed once, and the client knows',
  run: async (world, { equal }) => {
    const cut: Deed = { do: 'cut-after' };
    const [once, always] = await Promise.all([
      callThrough(world, 'lost-once', ORDER, [cut]),
      callThrough(world, 'lost-always', ORDER, [cut, cut, cut]),
    ]);
    equal('one answer lost', once, 'already-admitted');
    equal('all answers lost', always, 'outcome-unknown');
    for (const call of ['lost-once', 'lost-always']) checkOnce(world, call, equal);
    return `one lost: ${once}; all lost: ${always}; executions: ${world.ledger.executions('lost-').length}`;
  },
};

/** How a call ends whose sendings fare like that: a status, or a code. */
async function callThrough(
  world: World,
  call: string,
  job: typeof ORDER | typeof CHANGE,
  deeds: readonly Deed[],
): Promise<string> {
  world.orders.edge.script(call, deeds);
  const acme = await world.partner('acme', { attempts: 3 });
  const { status, code } = await acme.call({ ...job, call });
  return code ?? String(status);
}

function checkOnce(world: World, call: string, equal: (what: string, a: unknown, b: unknown) => void): void {
  const nonces = world.orders.edge.recordings(call).map(({ request }) => nonceOf(request));
  equal(`${call}: signatures`, new Set(nonces).size, 1);
  equal(`${call}: executions`, world.ledger.executionsOf(call), 1);
}

/** A refusal with a verdict in the right form, for a clock a day ahead, under a MAC that nobody could make. */
function forge(genuine: Answer, wellFormed: boolean): Answer {
  const time = String(Date.now() + A_DAY_MS);
  const verdict = `code="stale-timestamp", time="${time}", dead-since="${Date.now() - A_DAY_MS}", retry-after-ms="", sig="${'0'.repeat(64)}"`;
  const headers = genuine.headers.map(([name, value]): readonly [string, string] =>
    name.toLowerCase() === 'countersign-verdict'
      ? [name, wellFormed ? verdict : `time=${time}`]
      : [name, value],
  );
  return { ...genuine, headers };
}
