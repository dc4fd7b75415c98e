/** Answers that are not the server's, or not about this request: what a client may believe. */
import type { CallResult } from '../client/messages.js';
import type { Deed } from '../edge.js';
import { nonceOf, ORDER_BODY } from '../signing.js';
import type { Step } from '../step.js';
import { type Answer, fieldOf } from '../wire.js';
import type { World } from '../world.js';

const ORDER = { method: 'POST', path: '/v1/orders', body: ORDER_BODY } as const;
const CHANGE = { method: 'PUT', path: '/v1/orders/1001', body: ORDER_BODY } as const;
const A_DAY_MS = 86_400_000;

export const forgedRefusals: Step = {
  name: 'refusals forged or replayed to set a client’s clock',
  promise: 'not believed: no second signature, clock as it was',
  run: async (world, { equal, must }) => {
    const { edge } = world.orders;
    const slow = await world.startPartner('acme', { clockOffsetMs: -A_DAY_MS / 2 });
    await slow.call({ ...ORDER, call: 'genuine' });
    const genuine = edge.recordings('genuine')[0]?.answer;
    if (genuine === undefined) throw new Error('there is no genuine refusal');
    const acme = await world.startPartner('acme');
    const results: CallResult[] = [];
    for (const [i, answer] of [forge(genuine, true), forge(genuine, false), genuine].entries()) {
      const call = `lied-to-${i}`;
      edge.script(call, [{ do: 'forge', answer }]);
      results.push(await acme.call({ ...ORDER, call }));
      equal(`${call}: sendings`, edge.recordings(call).length, 1);
      equal(`${call}: executions`, world.ledger.executionsOf(call), 0);
    }
    equal('what the caller sees', results.map(({ status }) => status).join(), '401,401,401');
    equal('the next call', (await acme.call({ ...ORDER, call: 'after-lies' })).status, 201);
    const request = edge.recordings('after-lies')[0]?.request;
    const ts = Number(/ts="(\d+)"/.exec((request && fieldOf(request, 'authorization')) ?? '')?.[1]);
    const offMs = Date.now() - ts;
    must(Math.abs(offMs) < 2_000, `the client’s clock was moved by ${offMs} ms`);
    return '3 lies, 3 answers passed on, clock unmoved, next call 201';
  },
};

export const proxy503: Step = {
  name: 'a proxy that says 503 after the execution',
  promise: 'executed once, and the client knows',
  run: async (world, { equal }) => {
    const put = await lostAnswer(world, 'proxy-put', CHANGE, [{ do: 'answer-503' }]);
    const post = await lostAnswer(world, 'proxy-post', ORDER, [{ do: 'answer-503' }]);
    equal('PUT, which is sent again', put, '- already-admitted admitted');
    equal('POST, which is not', post, '503 - -');
    for (const call of ['proxy-put', 'proxy-post']) checkOnce(world, call, equal);
    return 'PUT: already-admitted; POST: the 503; each executed once';
  },
};

export const lostAnswers: Step = {
  name: 'connections cut after the execution',
  promise: 'executed once, and the client knows',
  run: async (world, { equal }) => {
    const once = await lostAnswer(world, 'lost-once', ORDER, [{ do: 'cut-after' }]);
    const always = await lostAnswer(world, 'lost-always', ORDER, Array(4).fill({ do: 'cut-after' }));
    equal('one answer lost', once, '- already-admitted admitted');
    equal('all answers lost', always, '- outcome-unknown unknown');
    for (const call of ['lost-once', 'lost-always']) checkOnce(world, call, equal);
    return 'already-admitted; with all 4 lost outcome-unknown; each once';
  },
};

async function lostAnswer(
  world: World,
  call: string,
  job: typeof ORDER | typeof CHANGE,
  deeds: readonly Deed[],
): Promise<string> {
  world.orders.edge.script(call, deeds);
  const acme = await world.startPartner('acme');
  const { status = '-', code = '-', outcome = '-' } = await acme.call({ ...job, call });
  return `${status} ${code} ${outcome}`;
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
